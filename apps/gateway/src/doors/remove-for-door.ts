import { randomUUID } from 'node:crypto';
import type { Cutout } from '#contract';
import type { Database, Owner } from '#database';
import type { Storage } from '#storage';
import type { FastifyRequest } from 'fastify';
import { cutoutIn } from '../cutout/open-picture.js';
import type { HttpAnswer } from '../http/send-answer.js';
import { missingKey } from '../tasks/authenticate.js';
import type { Intake } from '../tasks/intake.js';
import { requireScope } from '../tasks/scopes.js';
import { refusalOf, type Door, type Names } from './door.js';

export type RemovalNeeds = {
  readonly database: Database;
  readonly intake: Intake;
  readonly storage: Pick<Storage, 'open'>;
};

/** What a caller of a door asked for. */
export type AskedOfDoor = {
  readonly door: Door;
  readonly names: Names;
  readonly owner: Owner;
  /** Parameters of removeBackground, still to be validated. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly gone: AbortSignal;
};

export type DoneForDoor = { readonly cutout: Cutout; readonly headers: Readonly<Record<string, string>> };

/** @throws TaskError missingApiKey, and permissionDenied when the key may not run tasks */
export const requireRunner = ({ owner }: FastifyRequest, howToSend: string): Owner => {
  if (!owner) throw missingKey(`Missing API key: ${howToSend}.`);
  requireScope(owner, 'run');
  return owner;
};

/** Runs a removal for a caller who waits and knows no taskUUID. */
export const removeForDoor = async (
  { intake }: Pick<RemovalNeeds, 'intake'>,
  { door, names, owner, parameters, gone }: AskedOfDoor,
  answer: (done: DoneForDoor) => Promise<HttpAnswer>,
): Promise<HttpAnswer> => {
  const taskUUID = randomUUID();
  const task = {
    includeCost: true,
    // Nobody could ask for the result of a task whose UUID only the answer would have told.
    cancelOnDisconnect: true,
    ...parameters,
    taskType: 'removeBackground',
    taskUUID,
  };
  const reply = await intake([task], { owner, isDryRun: false, gone });
  const cutout = cutoutIn(reply.body);
  if (!cutout) return refusalOf(door, reply, names);
  return answer({ cutout, headers: { ...reply.headers, 'x-clearcut-task-uuid': taskUUID } });
};
