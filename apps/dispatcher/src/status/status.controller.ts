import {
  Body,
  Controller,
  Get,
  Header,
  Inject,
  ParseUUIDPipe,
  Post,
  Redirect,
  UseGuards,
} from '@nestjs/common';
import { token } from '#nest';
import { OperatorGuard } from '../admin/operator.guard.js';
import { statusPage, type Status } from './page.js';
import { noSuchKey } from './cancel-waiting.js';
import { cannotReplay, cannotReplayTask, type Replay, type ReplaySpan } from './replay.js';

export const READ_STATUS = token<() => Promise<Status>>('read status');
export const REPLAY_TASK = token<(id: string) => Promise<void>>('replay task');
export const REPLAY = token<Replay>('replay');

export const CANCEL_WAITING = token<(ownerId: string) => Promise<void>>('cancel waiting');

/** The page has no scripts, uses inline styles, and posts its forms to this origin only. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const DeliveryId = new ParseUUIDPipe({ exceptionFactory: cannotReplay });
const TaskId = new ParseUUIDPipe({ exceptionFactory: cannotReplayTask });
const OwnerId = new ParseUUIDPipe({ exceptionFactory: noSuchKey });

@Controller()
@UseGuards(OperatorGuard)
export class StatusController {
  constructor(
    @Inject(READ_STATUS) private readonly readStatus: () => Promise<Status>,
    @Inject(REPLAY) private readonly replays: Replay,
    @Inject(REPLAY_TASK) private readonly replayTask: (id: string) => Promise<void>,
    @Inject(CANCEL_WAITING) private readonly cancelWaiting: (ownerId: string) => Promise<void>,
  ) {}

  /** The page without scripts. */
  @Get('plain')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', policy)
  async show(): Promise<string> {
    return statusPage(await this.readStatus());
  }

  @Post('replay')
  @Redirect('/plain', 303)
  async replay(@Body('id', DeliveryId) id: string): Promise<void> {
    await this.replays.one(id);
  }

  @Post('replay-all')
  @Redirect('/plain', 303)
  async replayAll(@Body() span: ReplaySpan = {}): Promise<void> {
    await this.replays.all(span);
  }

  @Post('replay-task')
  @Redirect('/plain', 303)
  async runAgain(@Body('id', TaskId) id: string): Promise<void> {
    await this.replayTask(id);
  }

  @Post('cancel')
  @Redirect('/plain', 303)
  async cancel(@Body('owner', OwnerId) ownerId: string): Promise<void> {
    await this.cancelWaiting(ownerId);
  }
}
