package dev.isobar.runtime.step;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;

/** Waits between two looks at something that another process does. */
final class Waiting {
  private Waiting() {}

  /** Waits; an interruption cancels the run. */
  static void millis(long n) {
    try {
      Thread.sleep(n);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw IsobarException.of(ErrorCode.CANCELLED, "The run was interrupted").cause(e).build();
    }
  }
}
