import { isUuid } from '#contract';
import { listWebhooks, replayWebhooks, type ListedWebhook, type WebhookFilter } from '#database';
import { readConfig } from '#config';
import { openExistingSecrets } from '#secrets';
import {
  print,
  readArguments,
  runGroup,
  table,
  UsageError,
  type Command,
  type Group,
  type Help,
} from '../command.js';
import { withDatabase } from '../database.js';
import { moment } from '../keys/show-key.js';
import { rotate, secret } from './secret.js';
import { readSpan, spanOptions, spanUsage } from './span.js';
import { WebhooksError, type World } from './world.js';

const states = ['pending', 'delivered', 'failed', 'stopped'] as const;
type State = (typeof states)[number];
const isState = (word: string): word is State => (states as readonly string[]).includes(word);

const listUsage = `Usage: npx clearcut webhooks list [options]

Lists webhooks, those of the latest tasks first. Of addresses it shows the host.

  --state STATE      only these: pending, delivered, failed or stopped
${spanUsage}  --limit N          how many at most, from 1 to 1000; 50 unless given
  --json             JSON, with all attempts
`;

const listOptions = {
  ...spanOptions,
  state: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const readState = (text: string | undefined): State | undefined => {
  if (text === undefined || isState(text)) return text;
  throw new UsageError(`--state takes one of ${states.join(', ')}.`, listUsage);
};

const readLimit = (text = '50'): number => {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= 1000) return limit;
  throw new UsageError('--limit takes a whole number from 1 to 1000.', listUsage);
};

type Asked = WebhookFilter & { readonly state: State | undefined };

/** Pages until there are enough, since a page may hold fewer than its limit. */
const findAll = async ({ database }: World, asked: Asked, limit: number): Promise<ListedWebhook[]> => {
  const found: ListedWebhook[] = [];
  let after: string | undefined;
  do {
    const page = await listWebhooks(database, { ...asked, after, limit: limit - found.length });
    found.push(...page.webhooks);
    after = page.next;
  } while (after !== undefined && found.length < limit);
  return found;
};

const answerOf = ({ status, error }: ListedWebhook['log'][number]): string => `${status ?? error ?? ''}`;

const toRow = (webhook: ListedWebhook): string[] => {
  const last = webhook.log.at(-1);
  const due = webhook.state === 'pending' ? webhook.nextAttemptAt : webhook.endedAt;
  return [
    webhook.id,
    webhook.state,
    `${webhook.attempts}`,
    moment(due),
    webhook.taskUUID,
    webhook.host,
    last ? answerOf(last) : '-',
  ];
};

const head = ['WEBHOOK-ID', 'STATE', 'ATTEMPTS', 'ENDED OR DUE', 'TASK', 'HOST', 'LAST ANSWER'];

const list: Command<World> = {
  usage: listUsage,
  run: async (world, args) => {
    const { values, positionals } = readArguments(args, listOptions, listUsage);
    if (positionals.length > 0) throw new UsageError('webhooks list takes options only.', listUsage);
    const [state, limit] = [readState(values.state), readLimit(values.limit)];
    const asked = { ...(await readSpan(world, values, listUsage)), state };
    const webhooks = await findAll(world, asked, limit);
    print(
      values.json ? `${JSON.stringify(webhooks, undefined, 2)}\n` : table([head, ...webhooks.map(toRow)]),
    );
  },
};

const readId = (words: readonly string[], usage: string): string => {
  const [id, ...more] = words;
  if (id !== undefined && more.length === 0 && isUuid(id)) return id;
  throw new UsageError('Name one webhook by its webhook-id, as webhooks list shows it.', usage);
};

const showUsage = `Usage: npx clearcut webhooks show <webhook-id> [--json]

Shows one webhook and its latest attempts.
`;

const show: Command<World> = {
  usage: showUsage,
  run: async ({ database }, args) => {
    const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, showUsage);
    const webhookId = readId(positionals, showUsage);
    const [found] = (await listWebhooks(database, { webhookId, limit: 1 })).webhooks;
    if (!found) throw new WebhooksError(`There is no webhook ${webhookId}.`);
    if (values.json) return print(`${JSON.stringify(found, undefined, 2)}\n`);
    const attempts = found.log.map((each) => [moment(each.at), each.ms.toFixed(0), answerOf(each)]);
    print(table([head, toRow(found)]));
    print(`\n${table([['AT', 'MS', 'ANSWER'], ...attempts])}`);
  },
};

const replayUsage = `Usage: npx clearcut webhooks replay <webhook-id>
       npx clearcut webhooks replay --all [options]

Sends webhooks that failed again, with all their attempts and the same webhook-id. This is possible for seven days after
they failed. Delivered ones, and those that their receiver stopped by 410, have no address any more.

  --all              all that failed, or those that the options name
${spanUsage}`;

const replay: Command<World> = {
  usage: replayUsage,
  run: async (world, args) => {
    const options = { ...spanOptions, all: { type: 'boolean' } } as const;
    const { values, positionals } = readArguments(args, options, replayUsage);
    if (values.all && positionals.length > 0)
      throw new UsageError('Name one webhook-id, or add --all.', replayUsage);
    if (values.all) {
      const replayed = await replayWebhooks(world.database, await readSpan(world, values, replayUsage));
      return print(`replayed  ${replayed} webhooks\n`);
    }
    if (values.key ?? values.from ?? values.to)
      throw new UsageError('--key, --from and --to go with --all.', replayUsage);
    const webhookId = readId(positionals, replayUsage);
    if ((await replayWebhooks(world.database, { webhookId })) === 0)
      throw new WebhooksError(`The webhook ${webhookId} did not fail, or can no longer be replayed.`);
    print(`replayed  ${webhookId}\n`);
  },
};

const usage = `Usage: npx clearcut webhooks <command> [options]

  secret   print what signs the webhooks of an owner
  rotate   give an owner a new secret, with an overlap of two signatures
  list     list webhooks, by owner, state and time
  show     show one webhook and its attempts
  replay   send one that failed again, or all of a time

The commands work on the database of DATABASE_URL, or on that of the running npm start of this folder. The first two need
the SECRETS_KEY of the programs, or their data folder.
`;

const webhooks: Group<World> = {
  name: 'webhooks',
  usage,
  commands: { secret, rotate, list, show, replay },
  within: (work) =>
    withDatabase((database) => work({ database, secrets: () => openExistingSecrets(readConfig()) })),
};

export const help: Help = webhooks;

/**
 * `npx clearcut webhooks …`
 *
 * @throws UsageError, WebhooksError, SecretsError, and faults of the environment or the database
 */
export const run = (args: readonly string[]): Promise<void> => runGroup(webhooks, args);
