import { randomUUID } from 'node:crypto';
import { TaskError } from '#contract';
import { databaseNow, findImage, type Database } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import type { HttpAnswer } from '../../http/send-answer.js';
import { missingKey } from '../../tasks/authenticate.js';
import type { Intake } from '../../tasks/intake.js';
import { requireScope } from '../../tasks/scopes.js';
import type { ReceiveImage } from '../../uploads/receive-image.js';
import { refusalOf } from '../door.js';
import { replicateDoor } from './replicate-door.js';

/** Answers `POST /v1/files`, where Replicate's clients send their local files. */
export type UploadFile = (request: FastifyRequest) => Promise<HttpAnswer>;

export const UPLOAD_FILE = token<UploadFile>('upload file');

type Needs = {
  readonly database: Database;
  readonly intake: Intake;
  readonly receiveImage: ReceiveImage;
};

const describe = async (
  { database }: Needs,
  { imageUUID, imageURL }: { readonly imageUUID: string; readonly imageURL: string },
  name: string,
): Promise<object> => {
  const [image, now] = await Promise.all([findImage(database, imageUUID), databaseNow(database)]);
  return {
    id: imageUUID,
    name: name || imageUUID,
    content_type: image?.contentType ?? 'application/octet-stream',
    size: image?.bytes ?? 0,
    etag: imageUUID,
    checksums: {},
    metadata: {},
    created_at: now.toISOString(),
    expires_at: null,
    urls: { get: imageURL },
  };
};

const requireForm = ({ headers }: FastifyRequest) => {
  if (/^\s*multipart\/form-data\s*;/i.test(headers['content-type'] ?? '')) return;
  throw new TaskError('unsupportedContentType', "POST /v1/files takes a form with a file in 'content'.");
};

export const createUploadFile =
  (needs: Needs): UploadFile =>
  async (request) => {
    const { owner } = request;
    if (!owner) throw missingKey("Missing API key: send 'Authorization: Bearer <key>'.");
    requireScope(owner, 'upload');
    requireForm(request);
    return needs.receiveImage(request, { owner, isForm: true }, async ({ image, fileName }) => {
      if (fileName === undefined)
        throw new TaskError('missingParameter', "The form has no file in 'content'.", {
          parameter: 'content',
        });
      const task = { taskType: 'imageUpload', taskUUID: randomUUID(), image };
      const reply = await needs.intake([task], { owner, isDryRun: false });
      const [result] = reply.body.data ?? [];
      if (!result || !('imageUUID' in result) || result.imageURL === undefined)
        return refusalOf(replicateDoor, reply, { image: 'content' });
      const { imageUUID, imageURL } = result;
      const body = await describe(needs, { imageUUID, imageURL }, fileName);
      return { status: 201, headers: reply.headers, body };
    });
  };
