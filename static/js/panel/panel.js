// What the panel's pages do beyond plain HTML. All of them work without it, but for copying.

import { offerCopying } from "./copy.js";
import { closeBesides } from "./details.js";
import { goToWrong } from "./forms.js";
import { showHeadline } from "./headline.js";
import { hearFirst } from "./sound.js";
import { keepFresh } from "./times.js";

offerCopying(document);
closeBesides(document);
hearFirst(document);
showHeadline(document);
keepFresh(document);
goToWrong(document);
