package dev.isobar.runtime.history;

import org.jspecify.annotations.Nullable;

/** One stream's events by available time ascending. Not thread safe. */
public interface Feed extends AutoCloseable {
  /** The next event without taking it; null at the end of what is recorded. */
  @Nullable Recorded peek();

  /** Takes the event that {@link #peek} showed. */
  void take();

  @Override
  void close();
}
