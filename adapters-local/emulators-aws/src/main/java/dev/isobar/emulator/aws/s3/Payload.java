package dev.isobar.emulator.aws.s3;

import dev.isobar.emulator.aws.wire.WireRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/**
 * A body without its framing, and its checksums, which have been compared. CRC-64/NVME is kept but not compared.
 *
 * @param checksums header name → value, as sent or computed
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html">aws-chunked with trailers</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html">checksums</a>
 */
record Payload(byte[] content, Map<String, String> checksums) {
    private static final List<String> ALGORITHMS = List.of("crc32", "crc32c", "sha1", "sha256", "crc64nvme");

    static Payload of(WireRequest request) {
        Map<String, String> trailers = new LinkedHashMap<>();
        byte[] content = request.body();
        String digest = request.header("x-amz-content-sha256");
        if (digest != null && digest.startsWith("STREAMING-")) {
            content = unframed(content, trailers);
            String length = request.header("x-amz-decoded-content-length");
            if (length == null || !length.equals(Integer.toString(content.length))) {
                throw new S3Error(
                        400,
                        "IncompleteBody",
                        "You did not provide the number of bytes specified by the x-amz-decoded-content-length header");
            }
        } else if (digest != null && digest.length() == 64 && !digest.equals(hex("SHA-256", content))) {
            throw new S3Error(
                    400,
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.");
        }
        String md5 = request.header("content-md5");
        if (md5 != null && !md5.equals(base64(digest("MD5", content)))) {
            throw badDigest("Content-MD5");
        }
        Map<String, String> checksums = new LinkedHashMap<>();
        for (String algorithm : ALGORITHMS) {
            String name = "x-amz-checksum-" + algorithm;
            String given = trailers.getOrDefault(name, request.header(name));
            if (given != null) {
                String computed = checksum(algorithm, content);
                if (computed != null && !computed.equals(given)) {
                    throw badDigest(algorithm.toUpperCase(Locale.ROOT));
                }
                checksums.put(name, given);
            }
        }
        return new Payload(content, checksums);
    }

    static String md5(byte[] content) {
        return hex("MD5", content);
    }

    private static S3Error badDigest(String what) {
        return new S3Error(400, "BadDigest", "The " + what + " you specified did not match the calculated checksum.");
    }

    private static byte[] unframed(byte[] framed, Map<String, String> trailers) {
        ByteArrayOutputStream content = new ByteArrayOutputStream(framed.length);
        int at = 0;
        while (true) {
            int end = lineEnd(framed, at);
            String header = new String(framed, at, end - at, StandardCharsets.ISO_8859_1);
            int size;
            try {
                size = Integer.parseInt(header.split(";", 2)[0], 16);
            } catch (NumberFormatException e) {
                throw new S3Error(400, "InvalidChunkSizeError", "Not a chunk's size: " + header);
            }
            at = end + 2;
            if (size == 0) {
                break;
            }
            if (at + size + 2 > framed.length) {
                throw new S3Error(400, "IncompleteBody", "The body ends within a chunk");
            }
            content.write(framed, at, size);
            at += size + 2;
        }
        while (at < framed.length) {
            int end = lineEnd(framed, at);
            String line = new String(framed, at, end - at, StandardCharsets.ISO_8859_1);
            int colon = line.indexOf(':');
            if (colon > 0) {
                trailers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            at = end + 2;
        }
        return content.toByteArray();
    }

    private static int lineEnd(byte[] bytes, int from) {
        for (int i = from; i + 1 < bytes.length; i++) {
            if (bytes[i] == '\r' && bytes[i + 1] == '\n') {
                return i;
            }
        }
        throw new S3Error(400, "IncompleteBody", "The body ends within its framing");
    }

    private static @Nullable String checksum(String algorithm, byte[] content) {
        return switch (algorithm) {
            case "crc32" -> crc(new CRC32(), content);
            case "crc32c" -> crc(new CRC32C(), content);
            case "sha1" -> base64(digest("SHA-1", content));
            case "sha256" -> base64(digest("SHA-256", content));
            default -> null;
        };
    }

    private static String crc(Checksum checksum, byte[] content) {
        checksum.update(content, 0, content.length);
        return base64(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String hex(String algorithm, byte[] content) {
        return HexFormat.of().formatHex(digest(algorithm, content));
    }

    static byte[] digest(String algorithm, byte[] content) {
        try {
            return MessageDigest.getInstance(algorithm).digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
