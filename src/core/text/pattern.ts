/** Names with `*`: the one kind of pattern that configuration knows. */

/** Whether `name` fits `pattern`, in which `*` stands for any characters, none among them. Case counts. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === name;
  if (!name.startsWith(head)) return false;
  const tail = rest.pop() ?? "";
  let position = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return name.length - tail.length >= position && name.endsWith(tail);
}
