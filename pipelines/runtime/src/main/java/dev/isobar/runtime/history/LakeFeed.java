package dev.isobar.runtime.history;

import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.Range;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import dev.isobar.runtime.table.EventTable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream's events from its table in the lake.
 *
 * @since 0.1
 */
public final class LakeFeed implements Feed {
  private final RowCursor cursor;
  private final EventTable.Rows rows;
  private final @Nullable Consumer<Recorded> damaged;
  private @Nullable Recorded head;

  /**
   * Opens it.
   *
   * @param until only events available before this
   * @param damaged is told of every event whose checksum does not fit; null to leave checksums alone
   */
  public LakeFeed(OfflineStore store, EventTable table, long until, @Nullable Consumer<Recorded> damaged) {
    Range range = until == Long.MAX_VALUE ? null : new Range("_available_time", Long.MIN_VALUE, until);
    this.cursor = store.scan(new ScanRequest(table.table(), null, range, true));
    this.rows = table.rows();
    this.damaged = damaged;
    take();
  }

  @Override
  public @Nullable Recorded peek() {
    return head;
  }

  @Override
  public void take() {
    if (!cursor.next(rows.row())) {
      head = null;
      return;
    }
    Recorded next = new Recorded(
        String.valueOf(rows.row().text(0)),
        String.valueOf(rows.row().text(1)),
        rows.row().word(2),
        rows.row().word(3),
        rows.payload().copy());
    if (damaged != null && !rows.intact()) {
      damaged.accept(next);
    }
    head = next;
  }

  @Override
  public void close() {
    cursor.close();
  }
}
