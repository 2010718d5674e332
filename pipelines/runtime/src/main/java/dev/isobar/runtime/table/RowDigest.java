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

/** SHA-256 over canonical rows, never over files' bytes: the same rows have the same digest whatever wrote them. */
public final class RowDigest {
    private RowDigest() {}

    /** The digest of a table's rows in canonical order, as {@code sha256:…}. */
    public static String ofTable(OfflineStore store, String table, Schema schema) {
        Rows rows = new Rows(schema);
        Row row = new Row(schema);
        try (RowCursor cursor = store.scan(ScanRequest.ordered(table))) {
            while (cursor.next(row)) {
                rows.add(row);
            }
        }
        return rows.digest();
    }

    /** The same for rows as they come: in canonical order. Not thread safe. */
    public static final class Rows {
        private final MessageDigest sha = sha256();
        private final RowCodec codec;

        /** No rows yet. */
        public Rows(Schema schema) {
            this.codec = new RowCodec(schema);
        }

        /** Takes the next row in. */
        public void add(Row row) {
            sha.update(codec.encodeToBuffer(row));
        }

        /** The digest of all, as {@code sha256:…}; to be called once. */
        public String digest() {
            return format(sha);
        }
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
