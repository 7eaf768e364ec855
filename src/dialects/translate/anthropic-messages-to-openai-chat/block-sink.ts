/** Where an answer's blocks go: into a stream of events, or into one message. */

export type DeltaKind = "text" | "thinking" | "tool";

export interface BlockSink {
  startProse(kind: "text" | "thinking", index: number): void;
  startTool(index: number, id: string, name: string): void;
  /** A redacted_thinking block, whole. */
  startRedacted(index: number, data: string): void;
  delta(kind: DeltaKind, index: number, text: string): void;
  /** The signature of the open thinking block. */
  sign(index: number, signature: string): void;
  stop(index: number): void;
}
