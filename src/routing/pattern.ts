/** Names with `*`: the one kind of pattern that configuration knows. */

/** A test for `pattern`, in which `*` stands for any run of characters; letters compare without case. */
export function compilePattern(pattern: string): (name: string) => boolean {
  if (pattern === "*") return () => true;
  const wanted = pattern.toLowerCase();
  if (!wanted.includes("*")) return (name) => name.toLowerCase() === wanted;
  const source = wanted
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^]*");
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name.toLowerCase());
}
