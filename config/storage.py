"""Static files with hashed names, ES modules among them."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites `import ... from "./x.js"` to hashed names, so that modules may be cached for ever."""

    support_js_module_import_aggregation = True
