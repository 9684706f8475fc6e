import { expect, test } from "vitest";
import {
  applyPatch,
  commonPlaces,
  composePatches,
  overlaps,
  withoutPlaces,
  type Json,
} from "../src/store/merge.js";

// RFC 7396, appendix A, those whose target and patch are objects.
test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("%j with %j is %j", (target, patch, result) => {
  expect(applyPatch(target, patch)).toEqual(result);
});

test("a key named __proto__ is data", () => {
  const patch = JSON.parse('{"__proto__": {"bad": true}}') as Json;

  expect(JSON.stringify(applyPatch({}, patch))).toBe('{"__proto__":{"bad":true}}');
  expect(JSON.stringify(composePatches({}, patch, {}))).toBe('{"__proto__":{"bad":true}}');
  expect(({} as Json)["bad"]).toBeUndefined();
});

/** Small trees of few keys, so that they often meet; the same ones in each run. */
function createTrees(seed: number): () => Json {
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const value = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 2 ? 3 : 5));
    return kind === 0 ? null : kind === 1 ? random() < 0.5 : kind === 2 ? [1] : tree(depth + 1);
  };
  const tree = (depth = 0): Json => {
    const made: Json = {};
    for (const key of ["a", "b", "c"]) if (random() < 0.6) made[key] = value(depth);
    return made;
  };
  return () => tree();
}

test("two patches composed do what they do one after the other", () => {
  const tree = createTrees(7);
  for (let round = 0; round < 500; round += 1) {
    // A document has no nulls: a patch can't make one.
    const [document, first, second] = [applyPatch({}, tree()), tree(), tree()];

    expect(applyPatch(document, composePatches(first, second, document))).toEqual(
      applyPatch(applyPatch(document, first), second),
    );
  }
});

test("what somebody else changed under a patch is found, and can be taken out of it", () => {
  const patch = { a: { b: 1, c: 2 }, "x/y": 3, same: 4, new: 5 };
  const before = { a: { b: 0, c: 0 }, "x/y": 0, same: 0, other: 0 };
  const now = { a: { b: 9, c: 0 }, "x/y": 9, same: 4, other: 9 };

  const places = overlaps(patch, before, now);
  expect(places).toEqual(["/a/b", "/x~1y"]);
  expect(withoutPlaces(patch, places)).toEqual({ a: { c: 2 }, same: 4, new: 5 });
});

// What somebody else changed, where a patch of ours may have come first: at whatever depth it shows.
test.each([
  [{ panel: { zoom: 2 } }, {}, { panel: { zoom: 1 } }, { panel: { zoom: 9 } }, ["/panel/zoom"]],
  [
    { panel: { zoom: 2, open: "map" } },
    {},
    { panel: { zoom: 1, open: "none" } },
    { panel: { zoom: 1, open: "list" } },
    ["/panel/open"],
  ],
  [{ key: { a: 2 } }, { key: { a: 0 } }, { key: null }, { key: { a: 0.5 } }, ["/key/a"]],
  [{ panel: { zoom: 2 } }, {}, { panel: { zoom: 1 } }, { panel: { zoom: 1 } }, []],
  [{ panel: 2, p: 1 }, {}, { panel: 1 }, { panel: { zoom: 1 }, p: 2 }, ["/panel", "/p"]],
])("beside %j, before %j, after %j, %j has the conflicts %j", (unsent, before, sent, theirs, found) => {
  const places = overlaps(unsent, before, theirs);
  const others = overlaps(unsent, applyPatch(before, sent as Json), theirs);

  expect(commonPlaces(places, others)).toEqual(found);
});
