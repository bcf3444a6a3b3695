import type {
  AppControllerRoute,
  AppViewRoute,
  BullBoardQueues,
  IServerAdapter,
  UIConfig,
} from '@bull-board/api/typings/app';

/** What the board's library tells a server to serve, written down. */
export class Told implements IServerAdapter {
  queues: BullBoardQueues = new Map();
  /** Of the page's template. */
  viewsPath = '';
  staticRoute = '';
  staticPath = '';
  entry: AppViewRoute | undefined;
  api: readonly AppControllerRoute[] = [];
  uiConfig: UIConfig = {};

  setQueues(queues: BullBoardQueues): this {
    this.queues = queues;
    return this;
  }
  setViewsPath(path: string): this {
    this.viewsPath = path;
    return this;
  }
  setStaticPath(route: string, path: string): this {
    this.staticRoute = route;
    this.staticPath = path;
    return this;
  }
  setEntryRoute(route: AppViewRoute): this {
    this.entry = route;
    return this;
  }
  /** What fails is logged and answered as all of the admin port. */
  setErrorHandler(): this {
    return this;
  }
  setApiRoutes(routes: AppControllerRoute[]): this {
    this.api = routes;
    return this;
  }
  setUIConfig(config: UIConfig): this {
    this.uiConfig = config;
    return this;
  }
}
