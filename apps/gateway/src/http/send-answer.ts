import type { OpenedImage } from '#storage';
import type { FastifyReply } from 'fastify';

/** An image that is sent from the storage. */
export type Picture = OpenedImage & { readonly contentType: string };

export type HttpAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
};

const isPicture = (body: object): body is Picture => 'stream' in body;

export const sendAnswer = async (
  reply: FastifyReply,
  { status, headers = {}, body }: HttpAnswer,
): Promise<void> => {
  reply.status(status).headers(headers);
  if (!isPicture(body)) return void (await reply.send(body));
  await reply.type(body.contentType).header('content-length', body.bytes).send(body.stream);
};
