/**
 * Tokens of an image: width times height over 750, up to the family's most
 * (https://platform.claude.com/docs/en/build-with-claude/vision). The size is read from the image's own head.
 */

/** Where the size cannot be read: an image by address, or of another format. */
const defaultImageTokens = 1_600;

const pixelsPerToken = 750;
/** A JPEG may carry a thumbnail before its size; further than this it is not looked for. */
const headBytes = 128 * 1024;

/** Tokens of one image given as base64, or by address (null). */
export function imageTokens(data: string | null, maxTokens: number): number {
  const size = data === null ? null : readImageSize(Buffer.from(data.slice(0, (headBytes * 4) / 3), "base64"));
  if (size === null) return Math.min(defaultImageTokens, maxTokens);
  return Math.min(Math.ceil((size.width * size.height) / pixelsPerToken), maxTokens);
}

interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Width and height in the head of a PNG, GIF, WebP or JPEG; null for anything else. */
export function readImageSize(bytes: Buffer): ImageSize | null {
  if (bytes.length < 30) return null;
  if (bytes.readUInt32BE(0) === 0x89504e47) return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (bytes.toString("latin1", 0, 3) === "GIF") return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  if (bytes.toString("latin1", 8, 12) === "WEBP") return readWebpSize(bytes);
  return bytes.readUInt16BE(0) === 0xffd8 ? readJpegSize(bytes) : null;
}

function readWebpSize(bytes: Buffer): ImageSize | null {
  const chunk = bytes.toString("latin1", 12, 16);
  if (chunk === "VP8X") return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  if (chunk === "VP8 ") return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  if (chunk !== "VP8L") return null;
  const bits = bytes.readUInt32LE(21);
  return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
}

/** Walks the markers to the frame header, which holds the size. */
function readJpegSize(bytes: Buffer): ImageSize | null {
  let place = 2;
  while (place + 9 < bytes.length && bytes[place] === 0xff) {
    const marker = bytes.readUInt8(place + 1);
    // C4, C8 and CC are tables, not frames.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: bytes.readUInt16BE(place + 7), height: bytes.readUInt16BE(place + 5) };
    place += 2 + bytes.readUInt16BE(place + 2);
  }
  return null;
}
