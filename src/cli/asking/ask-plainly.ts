/**
 * One GET of the router on this machine, by a bare socket and HTTP/1.0: loading an HTTP client takes longer than the
 * answer, and a third of a short command's time.
 */
import { connect } from "node:net";
import { reachableHost } from "../../core/http/local-host.ts";
import type { Instance } from "../instance/find-instance.ts";

export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

export interface PlainQuestion {
  readonly path: string;
  /** Left out where it cannot stand in a header. */
  readonly key?: string | undefined;
  readonly patienceMs: number;
}

/** Rejects with Error where nothing answers in time. */
export async function askPlainly(
  { host, port }: Pick<Instance, "host" | "port">,
  { path, key, patienceMs }: PlainQuestion,
): Promise<PlainAnswer> {
  const reachable = reachableHost(host);
  const socket = connect({ host: reachable, port, signal: AbortSignal.timeout(patienceMs) });
  const isSendable = key !== undefined && /^[\x21-\x7e]+$/.test(key);
  socket.write(`GET ${path} HTTP/1.0\r\nhost: ${host}\r\n${isSendable ? `x-api-key: ${key}\r\n` : ""}\r\n`);
  const answer = await textOf(socket);
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1]);
  if (Number.isNaN(status)) throw new Error("no HTTP answer");
  return { status, body: answer.slice(answer.indexOf("\r\n\r\n") + 4) };
}

/** All of a stream. Rejects as the stream does. */
export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
