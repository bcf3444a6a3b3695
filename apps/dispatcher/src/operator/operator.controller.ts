import { KeyName } from '#database';
import { token } from '#nest';
import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
  UseGuards,
  type PipeTransform,
} from '@nestjs/common';
import { OperatorGuard } from '../admin/operator.guard.js';
import { noSuchKey } from '../status/cancel-waiting.js';
import { cannotReplay, cannotReplayTask, spanOf, type Replay } from '../status/replay.js';
import { CANCEL_WAITING, REPLAY, REPLAY_TASK } from '../status/status.controller.js';
import type { KeyDesk } from './keys.js';
import type { Overview } from './overview.js';

export const READ_OVERVIEW = token<() => Promise<Overview>>('read overview');
export const KEY_DESK = token<KeyDesk>('key desk');

const DeliveryId = new ParseUUIDPipe({ exceptionFactory: cannotReplay });
const TaskId = new ParseUUIDPipe({ exceptionFactory: cannotReplayTask });
const OwnerId = new ParseUUIDPipe({ exceptionFactory: noSuchKey });

/** A name that no key can have. */
const Name: PipeTransform<string> = {
  transform: (name) => {
    if (!KeyName.safeParse(name).success) throw new ConflictException('There is no such key.');
    return name;
  },
};

/** Serves the operator's page as JSON. Callers send ADMIN_TOKEN as a bearer token or by HTTP basic. */
@Controller('api')
@UseGuards(OperatorGuard)
export class OperatorController {
  constructor(
    @Inject(READ_OVERVIEW) private readonly readOverview: () => Promise<Overview>,
    @Inject(KEY_DESK) private readonly keys: KeyDesk,
    @Inject(REPLAY) private readonly replays: Replay,
    @Inject(REPLAY_TASK) private readonly replayTask: (id: string) => Promise<void>,
    @Inject(CANCEL_WAITING) private readonly cancelWaiting: (ownerId: string) => Promise<void>,
  ) {}

  @Get('overview')
  overview() {
    return this.readOverview();
  }

  @Get('keys')
  listKeys() {
    return this.keys.list();
  }

  @Post('keys')
  createKey(@Body() body: unknown) {
    return this.keys.create(body);
  }

  @Post('keys/:name/limits')
  @HttpCode(204)
  limitKey(@Param('name', Name) name: string, @Body() body: unknown) {
    return this.keys.limit(name, body);
  }

  @Post('keys/:name/rotate')
  @HttpCode(200)
  rotateKey(@Param('name', Name) name: string, @Body() body: unknown) {
    return this.keys.rotate(name, body);
  }

  @Post('keys/:name/revoke')
  @HttpCode(204)
  revokeKey(@Param('name', Name) name: string) {
    return this.keys.revoke(name);
  }

  @Post('owners/:id/cancel')
  @HttpCode(204)
  cancel(@Param('id', OwnerId) id: string) {
    return this.cancelWaiting(id);
  }

  @Post('tasks/:id/replay')
  @HttpCode(204)
  runAgain(@Param('id', TaskId) id: string) {
    return this.replayTask(id);
  }

  @Post('webhooks/:id/replay')
  @HttpCode(204)
  replay(@Param('id', DeliveryId) id: string) {
    return this.replays.one(id);
  }

  @Post('webhooks/replay')
  @HttpCode(204)
  replayAll(@Body() body: unknown) {
    return this.replays.all(spanOf(body));
  }
}
