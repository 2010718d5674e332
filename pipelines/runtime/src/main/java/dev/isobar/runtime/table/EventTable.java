package dev.isobar.runtime.table;

import dev.isobar.event.Field;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore.TableDefinition;
import dev.isobar.spec.StreamSpec;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream's events as rows of the lake: the envelope in columns that begin with an underscore, then the payload's columns, and a checksum over both,
 * so that an audit can name an event that was altered. Immutable; one {@link Rows} per thread.
 *
 * @since 0.1
 */
public final class EventTable {
  /** Envelope columns before the payload: id, key, event time, available time, checksum. */
  static final int ENVELOPE = 5;

  private final String table;
  private final Schema payload;
  private final Schema schema;

  /** The table of a run's stream. */
  public EventTable(String table, StreamSpec stream) {
    this.table = table;
    this.payload = stream.schema();
    List<Field> fields = new ArrayList<>(List.of(
        Field.required("_id", FieldType.STRING),
        Field.required("_key", FieldType.STRING),
        Field.required("_event_time", FieldType.TIMESTAMP),
        Field.required("_available_time", FieldType.TIMESTAMP),
        Field.required("_checksum", FieldType.INT64)));
    fields.addAll(payload.fields());
    this.schema = Schema.of(fields);
  }

  /** Its name. */
  public String table() {
    return table;
  }

  /** Envelope and payload columns. */
  public Schema schema() {
    return schema;
  }

  /** The payload's columns. */
  public Schema payload() {
    return payload;
  }

  /** Its definition: canonical order is known time, then id. */
  public TableDefinition definition() {
    return new TableDefinition(table, schema, List.of("_available_time", "_id"));
  }

  /** A converter between events and rows. */
  public Rows rows() {
    return new Rows(this);
  }

  /** Converts between events and rows, reusing one row. Not thread safe. */
  public static final class Rows {
    private final EventTable table;
    private final RowCodec codec;
    private final Row row;
    private final Row payloadRow;
    private final MessageDigest sha = RowDigest.sha256();

    Rows(EventTable table) {
      this.table = table;
      this.codec = new RowCodec(table.payload);
      this.row = new Row(table.schema);
      this.payloadRow = new Row(table.payload);
    }

    /** The row that scans fill. */
    public Row row() {
      return row;
    }

    /** The row of an event; the next call overwrites it. */
    public Row of(String id, String key, long eventTime, long availableTime, byte[] payload) {
      row.clear();
      codec.decode(payload, payloadRow);
      row.setText(0, id).setText(1, key).setWord(2, eventTime).setWord(3, availableTime);
      row.setWord(4, checksum(id, key, eventTime, availableTime, ByteBuffer.wrap(payload)));
      copy(payloadRow, 0, row, ENVELOPE);
      return row;
    }

    /** The payload of {@link #row()}; the next call overwrites it. */
    public Row payload() {
      copy(row, ENVELOPE, payloadRow, 0);
      return payloadRow;
    }

    /** Whether the checksum of {@link #row()} fits its content. */
    public boolean intact() {
      ByteBuffer bytes = codec.encodeToBuffer(payload());
      return !row.isNull(4)
          && row.word(4)
              == checksum(String.valueOf(row.text(0)), String.valueOf(row.text(1)), row.word(2), row.word(3), bytes);
    }

    private long checksum(String id, String key, long eventTime, long availableTime, ByteBuffer payload) {
      sha.update(id.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      sha.update(key.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      sha.update(ByteBuffer.allocate(16).putLong(eventTime).putLong(availableTime).flip());
      sha.update(payload);
      return ByteBuffer.wrap(sha.digest()).getLong();
    }

    private void copy(Row from, int fromSlot, Row to, int toSlot) {
      for (int i = 0; i < table.payload.size(); i++) {
        if (from.isNull(fromSlot + i)) {
          to.setNull(toSlot + i);
        } else if (table.payload.field(i).type() == FieldType.STRING) {
          to.setText(toSlot + i, String.valueOf(from.text(fromSlot + i)));
        } else {
          to.setWord(toSlot + i, from.word(fromSlot + i));
        }
      }
    }
  }
}
