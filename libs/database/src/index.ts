export { backupAge, databaseBytes, noteBackup, type BackupAge } from './backups.js';
export {
  countInFlight,
  findEnded,
  findStanding,
  findStandings,
  findTask,
  findTasks,
  keepWanted,
  markSync,
  type AskedTask,
  type FoundTask,
  type NewTask,
  type Standing,
  type TaskRow,
} from './tasks.js';
export { insertTask, insertTasks, type TaskInsert } from './insert-tasks.js';
export {
  cancelAllWaiting,
  cancelTask,
  cancelWaiting,
  endingProblems,
  endUnwanted,
  findCancelRequests,
  type Cancelled,
  type EndedWaiting,
  type ToCancel,
} from './cancel.js';
export {
  CLAIMANT_SILENT_MS,
  endClaimant,
  forgetClaimants,
  handBackOf,
  handBackOfSilent,
  keepAlive,
  SUSPECT_STALLS,
  type HandedBack,
} from './claimants.js';
export { namedUrl, openDatabase, pingDatabase, type Database } from './client.js';
export { connectionUse, type ConnectionUse } from './connection-use.js';
export { CLOCK_TOLERANCE_MS, databaseNow, databaseNowMs, measureClockOffset } from './clock.js';
export {
  DELIVERY_LIMITS,
  releaseDelivery,
  settleAttempt,
  takeDueDeliveries,
  type Attempt,
  type DueDelivery,
  type InHand,
} from './deliveries.js';
export { findDueRounds, type DueRound } from './due-work.js';
export { openDump, type Dump } from './dump/open-dump.js';
export { checkDump, openLoad, type Load } from './dump/open-load.js';
export { expireImages } from './expire-images.js';
export {
  endPauses,
  feedDevice,
  feedRemote,
  REMOTE_SLOTS,
  waitingLanes,
  type Fed,
  type RemoteStage,
  type TaskStage,
} from './feed.js';
export { listen, type Notifications } from './notifications.js';
export { knownKeysOf } from './known-keys.js';
export {
  findImage,
  findImages,
  forgetImage,
  isExpired,
  markCleaned,
  putImage,
  useImage,
  type Image,
  type NewImage,
} from './images.js';
export {
  createKey,
  isSecretOf,
  limitKey,
  listKeys,
  putKey,
  revokeKey,
  rotateKey,
  type KeyFacts,
  type KeySettings,
} from './keys.js';
export {
  findOwner,
  findOwnerId,
  findOwnerOfKey,
  findWorkingKeys,
  hashKey,
  keyScopes,
  type KeyRights,
  type KeyScope,
  type Owner,
} from './owners.js';
export * from './job-items.js';
export * from './job-listing.js';
export * from './job-results.js';
export { describeJobs, jobOfEnd } from './job-outcome.js';
export { recordTrouble, unservedModel } from './job-trouble.js';
export * from './jobs.js';
export { KeyName, keyNumbers, newKey } from './key-rules.js';
export { migrate } from './migrate.js';
export { grantRoles, roleOf, tableGrants } from './roles.js';
export { isDatabaseOutage } from './outage.js';
export {
  endsByMinute,
  recentWork,
  type EndsOfMinute,
  type RecentWork,
  timedStages,
  type TimedStage,
} from './recent-work.js';
export { claimTask, isSuspect, type Claimant, type ClaimedTask } from './claim-task.js';
export {
  failTask,
  finishUpload,
  isCancelRequested,
  moveToDevice,
  moveToUpload,
  postponeTask,
  releaseTask,
  type Claim,
  type FinishFacts,
  type RunFacts,
  type StageColumns,
  type StageWritten,
  StoredProblem,
  type Success,
} from './claims.js';
export { finishTask } from './finish-task.js';
export { FurtherImages, RemovalRequest } from './removal-request.js';
export { checkSchema, neededMigrations } from './schema.js';
export {
  addSessionItems,
  createSession,
  findSessionItem,
  findSessionItems,
  forgetSessions,
  keepSessionFrame,
  removeSessionItems,
  resumeSession,
  touchSessions,
  type NewSessionItem,
  type SessionItem,
} from './sessions.js';
export { lanesInUse, longestWaiting, pendingDeliveries, queueDepths, type Depth } from './queue-depths.js';
export {
  backlogs,
  forgetFailedAddresses,
  outcomesOfTheDay,
  shortenStoredErrors,
  troubledDeliveries,
  type Backlog,
  type OutcomeCount,
  type TroubledDelivery,
} from './status.js';
export { expectedImages, markDeleted, openWork, putBackRestored, type ExpectedImage } from './restored.js';
export { databaseIdentity, findOrphans, type DatabaseIdentity, type StoredImage } from './orphans.js';
export { forgetImages, forgetOutcomes, forgetTasks } from './retention.js';
export { explainSuspect, replayTask, suspectTasks, type Suspect } from './suspects.js';
export { takeUnchecked } from './sweep.js';
export { listWebhooks, replayWebhooks, type ListedWebhook, type WebhookFilter } from './webhooks.js';
export {
  forgetFormerWebhookSecrets,
  resealWebhookSecrets,
  rotateWebhookSecret,
  webhookSecretsOf,
} from './webhook-secrets.js';
export { findUsage, foldUsage, spentThisMonth, type UsageColumn, type UsageRow } from './usage.js';
export { deviceLine, MAX_COUNTED, paceOf, remoteLine, type Pace } from './line.js';
export { listTasks, statusOf, type ListedRow, type TaskFilter } from './task-list.js';
export { routingOfTask, taskOutcome, type OutcomeReader } from './task-outcome.js';
export {
  availableModels,
  beat,
  forgetSilentWorkers,
  HEARTBEAT_MS,
  isServed,
  leave,
  servedModels,
  warmWorkers,
  type WarmWorker,
  type WorkerFacts,
} from './workers.js';
