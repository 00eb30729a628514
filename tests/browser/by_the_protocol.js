// Runs in a page before anything else: of a frame that Kopilka sends, nothing may be read that the protocol does not
// name there.
(() => {
  // Put in by prompter.py: by type of frame its fields, by field what may be read of it, for a list of each item; true:
  // anything.
  const frames = READABLE;
  const guards = new WeakMap(); // one for each value, so that a value is still itself

  const guarded = (value, fields, where) => {
    if (typeof value !== "object" || value === null || fields === true) return value;
    if (!guards.has(value)) guards.set(value, new Proxy(value, { get: (target, name) => read(target, name, fields, where) }));
    return guards.get(value);
  };

  const read = (target, name, fields, where) => {
    const found = Reflect.get(target, name);
    if (Array.isArray(target)) return guarded(found, fields, `${where}[]`);
    // What JavaScript itself looks for in any object.
    if (typeof name === "symbol" || name === "toJSON" || name in Object.prototype) return found;
    if (!(name in fields)) throw new Error(`${where}.${name} is read, and is not in the protocol`);
    return guarded(found, fields[name], `${where}.${name}`);
  };

  const { parse } = JSON;
  JSON.parse = (...words) => {
    const value = parse(...words);
    return guarded(value, frames[value?.type] ?? true, value?.type);
  };
})();
