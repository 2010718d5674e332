package dev.isobar.emulator.gcp.storage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32C;

/**
 * The two checksums of content, as Cloud Storage writes them: base64, the CRC in big-endian order.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects#resource">crc32c and md5Hash of an object</a>
 */
record Checksums(String crc32c, String md5) {
    private static final int BUFFER = 1 << 16;

    static Checksums of(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        MessageDigest digest = digest();
        byte[] buffer = new byte[BUFFER];
        try (InputStream content = Files.newInputStream(file)) {
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                crc.update(buffer, 0, n);
                digest.update(buffer, 0, n);
            }
        }
        Base64.Encoder base64 = Base64.getEncoder();
        return new Checksums(
                base64.encodeToString(
                        ByteBuffer.allocate(4).putInt((int) crc.getValue()).array()),
                base64.encodeToString(digest.digest()));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
