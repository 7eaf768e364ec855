/** A .cpuprofile as a tree of frames with times, and the functions that take the most of it. */

/** The part of V8's profile format that is read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

export interface Frame {
  readonly name: string;
  /** File and line below the project, or what V8 calls it. */
  readonly place: string;
  selfUs: number;
  totalUs: number;
  readonly children: Map<string, Frame>;
}

/** The call tree from the root; equal functions below one parent are one frame. Idle time is left out. */
export function toFrames(profile: CpuProfile): Frame {
  const selfUs = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const root: Frame = { name: "all", place: "", selfUs: 0, totalUs: 0, children: new Map() };
  const walk = (id: number, parent: Frame): number => {
    const node = nodes.get(id);
    if (node === undefined || node.callFrame.functionName === "(idle)") return 0;
    const frame = node.callFrame.functionName === "(root)" ? parent : childOf(parent, node);
    const own = selfUs.get(id) ?? 0;
    let total = own;
    frame.selfUs += own;
    for (const child of node.children ?? []) total += walk(child, frame);
    if (frame !== parent) frame.totalUs += total;
    return total;
  };
  const first = profile.nodes[0];
  if (first !== undefined) root.totalUs = walk(first.id, root);
  return root;
}

export interface FunctionTime {
  readonly name: string;
  readonly place: string;
  readonly us: number;
}

/** Functions by their own time, wherever they were called from, the greatest first. */
export function selfTimes(root: Frame): FunctionTime[] {
  const times: Times = new Map();
  const visit = (frame: Frame): void => {
    addTime(times, frame, frame.selfUs);
    for (const child of frame.children.values()) visit(child);
  };
  visit(root);
  return greatestFirst(times);
}

/** Functions by the time of all that they called, each counted once where it calls itself, the greatest first. */
export function totalTimes(root: Frame): FunctionTime[] {
  const times: Times = new Map();
  const visit = (frame: Frame, above: ReadonlySet<string>): void => {
    const key = keyOf(frame);
    const isOutermost = !above.has(key);
    if (isOutermost) addTime(times, frame, frame.totalUs);
    const within = isOutermost ? new Set([...above, key]) : above;
    for (const child of frame.children.values()) visit(child, within);
  };
  visit(root, new Set());
  return greatestFirst(times);
}

type Times = Map<string, { readonly name: string; readonly place: string; us: number }>;

function addTime(times: Times, frame: Frame, us: number): void {
  const key = keyOf(frame);
  const known = times.get(key);
  if (known === undefined) times.set(key, { name: frame.name, place: frame.place, us });
  else known.us += us;
}

function keyOf({ name, place }: Frame): string {
  return `${name} ${place}`;
}

function greatestFirst(times: Times): FunctionTime[] {
  return [...times.values()].sort((a, b) => b.us - a.us);
}

/** Whose code the own time was spent in. */
export function timesByOwner(root: Frame): FunctionTime[] {
  const owners = new Map<string, number>();
  for (const { place, name, us } of selfTimes(root)) {
    const owner = ownerOf(place, name);
    owners.set(owner, (owners.get(owner) ?? 0) + us);
  }
  return [...owners].map(([name, us]) => ({ name, place: "", us })).sort((a, b) => b.us - a.us);
}

function ownerOf(place: string, name: string): string {
  const own = /^((?:src|dist)\/[^/]+)\//.exec(place)?.[1];
  if (own !== undefined) return own;
  if (place.startsWith("node:")) return "node";
  if (place === "") return name.startsWith("(") ? name : "native";
  return place.split(/[/:]/)[0] ?? place;
}

function childOf(parent: Frame, node: ProfileNode): Frame {
  const { functionName, url, lineNumber } = node.callFrame;
  const name = functionName === "" ? "(anonymous)" : functionName;
  const place = url === "" ? "" : `${shortUrl(url)}:${lineNumber + 1}`;
  const key = `${name} ${place}`;
  let child = parent.children.get(key);
  if (child === undefined) {
    child = { name, place, selfUs: 0, totalUs: 0, children: new Map() };
    parent.children.set(key, child);
  }
  return child;
}

function shortUrl(url: string): string {
  const packaged = url.lastIndexOf("/node_modules/");
  if (packaged >= 0) return url.slice(packaged + "/node_modules/".length);
  const own = /\/((?:src|dist|bench)\/.*)$/.exec(url)?.[1];
  return own ?? url;
}
