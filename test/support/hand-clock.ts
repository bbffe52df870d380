import type { Alarm, Clock } from "cosocket/reactor";

/** A clock that is set by hand. */
export class HandClock implements Clock {
  seconds = 0;
  alarm: { callback: () => void; at: number } | null = null;
  now = (): number => this.seconds;
  time = (): number => this.seconds;
  setAlarm(callback: () => void, seconds: number): Alarm {
    const alarm = (this.alarm = { callback, at: this.seconds + seconds });
    return {
      cancel: () => {
        if (this.alarm === alarm) this.alarm = null;
      },
      hold: () => {},
    };
  }
  soon = (callback: () => void): void => callback();
  later = (callback: () => void): void => callback();
  advance(to: number): void {
    this.seconds = to;
    const { alarm } = this;
    if (alarm !== null && alarm.at <= to) {
      this.alarm = null;
      alarm.callback();
    }
  }
}
