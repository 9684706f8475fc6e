/** Merge patches (RFC 7396), as the service applies them. Nothing given is changed. */

export type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets a key of its own, whatever its name: `__proto__` is data like all else. */
function set(object: Json, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

const has = (object: Json, key: string) => Object.hasOwn(object, key);

/** What `target` is once the patch is merged into it. */
export function applyPatch(target: unknown, patch: Json): Json {
  const merged: Json = {};
  const before = isObject(target) ? target : {};
  for (const [key, value] of Object.entries(before)) if (!has(patch, key)) set(merged, key, value);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) continue;
    const old = has(before, key) ? before[key] : undefined;
    set(merged, key, isObject(value) ? applyPatch(old, value) : value);
  }
  return merged;
}

/**
 * The patch that does to `base` what `first` and then `second` do. Where `first` removes or replaces
 * what `second` then makes an object, no patch could say so without knowing what was there.
 */
export function composePatches(first: Json, second: Json, base: unknown): Json {
  const both: Json = {};
  for (const [key, value] of Object.entries(first)) if (!has(second, key)) set(both, key, value);
  for (const [key, value] of Object.entries(second)) {
    const old = isObject(base) && has(base, key) ? base[key] : undefined;
    if (!isObject(value) || !has(first, key)) set(both, key, value);
    else if (isObject(first[key])) set(both, key, composePatches(first[key], value, old));
    else set(both, key, replacing(old, applyPatch({}, value)));
  }
  return both;
}

/** The patch that makes `target` of what was there. */
function replacing(old: unknown, target: Json): Json {
  const patch: Json = {};
  const before = isObject(old) ? old : {};
  for (const key of Object.keys(before)) if (!has(target, key)) set(patch, key, null);
  for (const [key, value] of Object.entries(target)) {
    const earlier = has(before, key) ? before[key] : undefined;
    set(patch, key, isObject(value) ? replacing(earlier, value) : value);
  }
  return patch;
}

/**
 * The places that the patch writes and that differ between the two states, as JSON pointers: what
 * somebody else has changed meanwhile, and the patch would overwrite.
 */
export function overlaps(patch: Json, before: unknown, now: unknown, path = ""): string[] {
  const found: string[] = [];
  for (const [key, value] of Object.entries(patch)) {
    const place = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    const old = isObject(before) && has(before, key) ? before[key] : undefined;
    const present = isObject(now) && has(now, key) ? now[key] : undefined;
    if (isObject(value) && isObject(old) && isObject(present)) {
      found.push(...overlaps(value, old, present, place));
    } else if (!isSame(old, present) && !isSame(value, present ?? null)) {
      found.push(place);
    }
  }
  return found;
}

/** The places in both; of two of which one is within the other, the narrower. */
export function commonPlaces(ones: readonly string[], others: readonly string[]): string[] {
  const isWithin = (one: string, other: string) => one === other || one.startsWith(`${other}/`);
  const both = ones.flatMap((one) =>
    others.flatMap((other) => (isWithin(one, other) ? one : isWithin(other, one) ? other : [])),
  );
  return [...new Set(both)];
}

/** The patch but for what it writes at these places. */
export function withoutPlaces(patch: Json, places: readonly string[], path = ""): Json {
  const kept: Json = {};
  for (const [key, value] of Object.entries(patch)) {
    const place = `${path}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (places.includes(place)) continue;
    const below = isObject(value) && places.some((each) => each.startsWith(`${place}/`));
    set(kept, key, below ? withoutPlaces(value, places, place) : value);
  }
  return kept;
}

export function isSame(one: unknown, other: unknown): boolean {
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => has(other, key) && isSame(one[key], other[key]))
    );
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, at) => isSame(value, other[at]));
  }
  return one === other;
}
