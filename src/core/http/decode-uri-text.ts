/** Percent-encoded text of addresses that others write. */

/** `text` decoded; as it stands where its percent signs encode nothing. */
export function decodeUriText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
