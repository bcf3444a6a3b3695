import { spentThisMonth, type Database } from '#database';
import { token } from '#nest';
import type { FastifyRequest } from 'fastify';
import type { HttpAnswer } from '../../http/send-answer.js';
import { missingKey } from '../../tasks/authenticate.js';

/** Answers `GET /v1.0/account` of remove.bg: what the budget of the key has left. */
export type RemovebgAccount = (request: FastifyRequest) => Promise<HttpAnswer>;

export const REMOVEBG_ACCOUNT = token<RemovebgAccount>('remove.bg account');

/** Prices have six decimals. */
const exactly = (usd: number) => Number(usd.toFixed(6));

export const createRemovebgAccount =
  ({ database }: { readonly database: Database }): RemovebgAccount =>
  async ({ owner }) => {
    if (!owner) throw missingKey("Missing API key: send it in the header 'X-Api-Key'.");
    const { id, budgetUsd } = owner.key;
    const left =
      budgetUsd === null
        ? null
        : exactly(Math.max(0, budgetUsd - (await spentThisMonth(database, owner.id, id))));
    const credits = { total: left, subscription: budgetUsd, payg: 0, enterprise: 0 };
    return { status: 200, body: { data: { attributes: { credits, api: { free_calls: 0, sizes: 'all' } } } } };
  };
