package dev.isobar.runtime.history;

import dev.isobar.event.Event;
import dev.isobar.event.Position;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.port.EventStream;
import dev.isobar.port.EventStream.Delivery;
import dev.isobar.port.EventStream.EventReader;
import dev.isobar.port.EventStream.ReadRequest;
import dev.isobar.port.EventStream.Start;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stream's events from the log, behind a group's commits. Partitions are merged by available time: within one the writer kept that order, and an event is handed
 * out only when no partition can still hold an earlier one.
 *
 * @since 0.1
 */
public final class LogFeed implements Feed {
  private static final int POLL = 4_096;

  private final EventStream log;
  private final String stream;
  private final String group;
  private final EventReader reader;
  private final RowCodec codec;
  private final Map<Integer, Deque<Delivery>> waiting = new HashMap<>();
  private final Map<Integer, Position> taken = new HashMap<>();
  private boolean ended;
  private @Nullable Delivery head;
  private @Nullable Recorded decoded;

  /** Opens it. The log is complete: what a poll does not bring is not there. */
  public LogFeed(EventStream log, String stream, String group, Schema payload, int partitions) {
    this.log = log;
    this.stream = stream;
    this.group = group;
    this.codec = new RowCodec(payload);
    this.reader = log.read(new ReadRequest(stream, group, new Start.Committed()));
    for (int p = 0; p < partitions; p++) {
      waiting.put(p, new ArrayDeque<>());
    }
  }

  @Override
  public @Nullable Recorded peek() {
    if (decoded == null) {
      advance();
    }
    return decoded;
  }

  @Override
  public void take() {
    Delivery d = head;
    if (d != null) {
      waiting.getOrDefault(d.partition(), new ArrayDeque<>()).poll();
      taken.put(d.partition(), d.position());
    }
    head = null;
    decoded = null;
  }

  /** Commits everything that was taken. */
  public void commit() {
    taken.forEach((partition, position) -> log.commit(stream, group, partition, position));
    taken.clear();
  }

  @Override
  public void close() {
    reader.close();
  }

  private void advance() {
    while (!ended && waiting.values().stream().anyMatch(Deque::isEmpty)) {
      var batch = reader.poll(POLL, Duration.ZERO);
      ended = batch.isEmpty();
      batch.forEach(d -> waiting.computeIfAbsent(d.partition(), p -> new ArrayDeque<>()).add(d));
    }
    for (Deque<Delivery> queue : waiting.values()) {
      Delivery first = queue.peek();
      if (first != null && (head == null || first.event().availableTime() < head.event().availableTime())) {
        head = first;
      }
    }
    if (head != null) {
      Event e = head.event();
      Row row = new Row(codec.schema());
      codec.decode(e.payload(), row);
      decoded = new Recorded(e.id(), e.key(), e.eventTime(), e.availableTime(), row);
    }
  }
}
