import { numberText, texts } from '../state/language.js';
import { nowMs } from '../state/pace.js';
import { isBusy, type Photo } from '../state/photo.js';

const secondsOf = ({ stage, startedMs, result }: Photo): number | undefined => {
  if (stage === 'done') return result?.seconds;
  return startedMs === undefined ? undefined : Math.max(0, (nowMs.value - startedMs) / 1000);
};

/** How far a photo is, as one line. */
export const stageText = (photo: Photo): string => {
  const t = texts.value;
  const { stage, queuePosition, waitsForWorker, fault } = photo;
  if (stage === 'failed') return fault?.code ?? t.stages.failed;
  const what = stage === 'waiting' && queuePosition ? t.place(queuePosition) : t.stages[stage];
  if (waitsForWorker) return `${what} · ${t.noWorker}`;
  const seconds = stage === 'done' || isBusy(photo) ? secondsOf(photo) : undefined;
  return seconds === undefined ? what : `${what} · ${t.seconds(numberText(seconds))}`;
};
