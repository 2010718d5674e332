package dev.isobar.benchmarks.gcp;

import dev.isobar.benchmarks.layer.Arrived;
import dev.isobar.benchmarks.layer.Content;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * What Cloud Storage would answer: a name that ends with {@code file} is the large object, others the small one; every upload is taken, and noted.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1">the JSON API</a>
 */
final class StorageAnswers {
    private static final String LARGE = "file";
    private static final String JSON = "application/json; charset=UTF-8";
    private static final int LAST = 200;
    private static final int MORE = 308;

    private final Arrived arrived;
    private final byte[] small = Content.object();
    private final byte[] large = new byte[Content.FILE];
    private final Map<String, Draft> drafts = new HashMap<>();

    /** An upload in several requests. */
    private static final class Draft {
        private final String name;
        private final CRC32 crc = new CRC32();
        private final CRC32C crc32c = new CRC32C();
        private long length;

        Draft(String name) {
            this.name = name;
        }

        void add(byte[] bytes, int from, int to) {
            crc.update(bytes, from, to - from);
            crc32c.update(bytes, from, to - from);
            length += to - from;
        }
    }

    StorageAnswers(Arrived arrived) {
        this.arrived = arrived;
        for (int part = 1; part <= Content.PARTS; part++) {
            System.arraycopy(Content.part(part), 0, large, (part - 1) * Content.PART, Content.PART);
        }
    }

    HttpAnswer answer(HttpCall call) throws IOException {
        List<String> path = call.segments();
        Map<String, String> query = call.parameters();
        if (call.path().startsWith("/upload/")) {
            return call.method().equals("PUT") ? part(call, query.getOrDefault("upload_id", "")) : upload(call, query);
        }
        int at = path.indexOf("o");
        if (at < 0) {
            return json(
                    LAST,
                    Map.of(),
                    "{\"kind\":\"storage#bucket\",\"name\":\"" + path.get(path.size() - 1)
                            + "\",\"location\":\"EUROPE-WEST3\",\"locationType\":\"region\",\"storageClass\":\"STANDARD\"}");
        }
        String name = path.get(at + 1);
        byte[] content = name.endsWith(LARGE) ? large : small;
        return "media".equals(query.get("alt")) ? media(call, content) : json(LAST, Map.of(), metadata(name, content));
    }

    private HttpAnswer upload(HttpCall call, Map<String, String> query) throws IOException {
        byte[] body = call.body().readAllBytes();
        if (!"multipart".equals(query.get("uploadType"))) {
            synchronized (drafts) {
                String id = Integer.toString(drafts.size());
                drafts.put(id, new Draft(query.getOrDefault("name", "")));
                return json(
                        LAST,
                        Map.of(
                                "Location",
                                "http://" + call.header("host") + call.path() + "?uploadType=resumable&upload_id="
                                        + id),
                        "");
            }
        }
        String type = String.valueOf(call.header("content-type"));
        String boundary =
                type.substring(type.indexOf("boundary=") + "boundary=".length()).replace("\"", "");
        String text = new String(body, StandardCharsets.ISO_8859_1);
        int first = text.indexOf("\r\n\r\n") + 4;
        int second = text.indexOf("\r\n\r\n", first) + 4;
        int end = text.lastIndexOf("\r\n--" + boundary + "--");
        int name = text.indexOf("\"name\":\"", first) + "\"name\":\"".length();
        Draft draft = new Draft(text.substring(name, text.indexOf('"', name)));
        draft.add(body, second, end);
        return stored(draft);
    }

    private HttpAnswer part(HttpCall call, String id) throws IOException {
        Draft draft;
        synchronized (drafts) {
            draft = Objects.requireNonNull(drafts.get(id), id);
        }
        byte[] buffer = new byte[1 << 16];
        try (InputStream body = call.body()) {
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                draft.add(buffer, 0, n);
            }
        }
        String range = String.valueOf(call.header("content-range"));
        return range.endsWith("*") && !range.startsWith("bytes */")
                ? json(MORE, Map.of("Range", "bytes=0-" + (draft.length - 1)), "")
                : stored(draft);
    }

    private HttpAnswer stored(Draft draft) {
        synchronized (arrived) {
            arrived.object(draft.name, draft.length, draft.crc.getValue());
        }
        return json(LAST, Map.of(), metadata(draft.name, draft.length, draft.crc32c));
    }

    private static HttpAnswer media(HttpCall call, byte[] content) {
        String range = call.header("range");
        byte[] asked = range == null
                ? content
                : Arrays.copyOfRange(
                        content, Integer.parseInt(range.replaceAll("bytes=([0-9]+)-.*", "$1")), content.length);
        return HttpAnswer.of(
                range == null ? LAST : 206,
                "application/octet-stream",
                Map.of(
                        "x-goog-generation", "1",
                        "x-goog-metageneration", "1",
                        "x-goog-stored-content-encoding", "identity",
                        "x-goog-stored-content-length", Integer.toString(content.length),
                        "x-goog-hash", "crc32c=" + text(crc(content))),
                asked);
    }

    private static CRC32C crc(byte[] content) {
        CRC32C crc = new CRC32C();
        crc.update(content);
        return crc;
    }

    private static String text(CRC32C crc) {
        return Base64.getEncoder()
                .encodeToString(
                        ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static String metadata(String name, byte[] content) {
        return metadata(name, content.length, crc(content));
    }

    private static String metadata(String name, long length, CRC32C crc) {
        return "{\"kind\":\"storage#object\",\"bucket\":\"" + Clients.BUCKET + "\",\"name\":\"" + name
                + "\",\"generation\":\"1\",\"metageneration\":\"1\",\"size\":\"" + length + "\",\"crc32c\":\""
                + text(crc)
                + "\"}";
    }

    private static HttpAnswer json(int status, Map<String, String> headers, String text) {
        return HttpAnswer.of(status, JSON, headers, text.getBytes(StandardCharsets.UTF_8));
    }
}
