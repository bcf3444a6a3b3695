import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppControllerRoute, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import type { TaskQueue } from '#queue';
import { openFiles, type BoardFile } from './files.js';
import { renderPage } from './page.js';
import { Told } from './told.js';

type Queues = Pick<TaskQueue, 'inspect'>;
type Params = Readonly<Record<string, string>>;

export type Board = {
  /** Takes what it shows from the queues of these models. */
  readonly show: (models: Iterable<string>) => void;
  /** A script, style or picture of the page. */
  readonly file: (path: string) => Promise<BoardFile | undefined>;
  /** The page; it is the same at each of its addresses. */
  readonly page: (path: string) => string | undefined;
  /** How to answer what the page asks for; undefined where there is nothing. */
  readonly question: (
    path: string,
    query: Params,
  ) => (() => Promise<ControllerHandlerReturnType>) | undefined;
};

/** Names of queues and ids of jobs need no escaping, so none is undone. @param pattern such as `/api/queues/:name` */
const toMatcher = (pattern: string): ((path: string) => Params | undefined) => {
  const expression = new RegExp(`^${pattern.replaceAll(/:(\w+)/g, '(?<$1>[\\w-]+)')}$`);
  return (path) => {
    const found = expression.exec(path);
    return found ? { ...found.groups } : undefined;
  };
};

const matchersOf = ({ route }: { readonly route: string | string[] }) => [route].flat().map(toMatcher);

const isRead = ({ method }: AppControllerRoute) => [method].flat().includes('get');

const uiConfig = {
  boardTitle: 'Clearcut queues',
  miscLinks: [{ text: 'Status', url: '/' }],
  hideDocsLink: true,
  sortQueues: true,
};

/** A queue as the board shows it: to be read, and of its jobs no more than ours carry. */
const toAdapter = (queue: Queues, model: string): BullMQAdapter => {
  const adapter = new BullMQAdapter(queue.inspect(model), { readOnlyMode: true, displayName: model });
  adapter.setFormatter('data', (data: { taskId?: unknown } | undefined) => ({ taskId: data?.taskId }));
  adapter.setFormatter('returnValue', () => null);
  return adapter;
};

/** Asks the board's library what there is to serve. Of what it could do to the queues nothing is. */
export const openBoard = async (queue: Queues, base: string): Promise<Board> => {
  const told = new Told();
  const { replaceQueues } = createBullBoard({ queues: [], serverAdapter: told, options: { uiConfig } });
  if (!told.entry) throw new Error('The board has no page.');

  const { name, params } = told.entry.handler({ basePath: base, uiConfig: told.uiConfig });
  const page = renderPage(await readFile(join(told.viewsPath, name), 'utf8'), params);
  const pageAddresses = matchersOf(told.entry);
  const reads = told.api
    .filter(isRead)
    .flatMap((route) => matchersOf(route).map((match) => ({ match, route })));

  const adapters = new Map<string, BullMQAdapter>();
  const adapterOf = (model: string) => {
    const adapter = adapters.get(model) ?? toAdapter(queue, model);
    adapters.set(model, adapter);
    return adapter;
  };

  return {
    show: (models) => replaceQueues([...models].map(adapterOf)),
    file: await openFiles(told.staticRoute, told.staticPath),
    page: (path) => (pageAddresses.some((match) => match(path)) ? page : undefined),
    question: (path, query) => {
      const { queues } = told;
      for (const { match, route } of reads) {
        const found = match(path);
        if (found)
          return async () =>
            route.handler({ queues, uiConfig: told.uiConfig, query, params: found, body: {}, headers: {} });
      }
      return undefined;
    },
  };
};
