package dev.isobar.runtime.table;

import dev.isobar.event.Row;
import dev.isobar.event.RowCodec;
import dev.isobar.event.Schema;
import dev.isobar.port.OfflineStore;
import dev.isobar.port.OfflineStore.RowCursor;
import dev.isobar.port.OfflineStore.ScanRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over canonical rows, never over files' bytes: the same rows have the same digest whatever wrote them. Stateless. */
public final class RowDigest {
  private RowDigest() {}

  /** The digest of a table's rows in canonical order, as {@code sha256:…}. */
  public static String ofTable(OfflineStore store, String table, Schema schema) {
    MessageDigest sha = sha256();
    RowCodec codec = new RowCodec(schema);
    Row row = new Row(schema);
    try (RowCursor cursor = store.scan(ScanRequest.ordered(table))) {
      while (cursor.next(row)) {
        sha.update(codec.encodeToBuffer(row));
      }
    }
    return format(sha);
  }

  /** The digest of bytes, as {@code sha256:…}. */
  public static String ofBytes(byte[] bytes) {
    MessageDigest sha = sha256();
    sha.update(bytes);
    return format(sha);
  }

  /** The digest of a file, as {@code sha256:…}. */
  public static String ofFile(Path file) throws IOException {
    MessageDigest sha = sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha.update(buffer, 0, n);
      }
    }
    return format(sha);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String format(MessageDigest sha) {
    return "sha256:" + HexFormat.of().formatHex(sha.digest());
  }
}
