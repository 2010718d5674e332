package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import dev.isobar.emulator.gcp.wire.HttpCall;
import dev.isobar.emulator.gcp.wire.HttpService;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Cloud Storage's JSON API over a folder that outlives the process. Credentials are not looked at.
 *
 * <p>There are, of buckets: insert, get, list, delete; of objects: insert (simple, multipart, resumable), get, content with {@code Range}, list, patch, delete,
 * compose, rewrite. Conditions on generations are atomic with what they guard. Objects have one generation at a time. There is no limit on how often one object may be
 * written (Cloud Storage's is about once a second). Everything else, each unknown parameter among it, is answered with 501. Thread safe.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1">JSON API reference</a>
 */
public final class StorageService implements HttpService {
    private static final String JSON_TYPE = "application/json; charset=UTF-8";
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
    private static final int MAX_RESULTS = 1_000;
    private static final int MAX_COMPOSED = 32;

    /** What every call may say. */
    private static final Set<String> COMMON =
            Set.of("alt", "fields", "key", "prettyPrint", "projection", "quotaUser", "userProject");

    private static final Set<String> CONDITIONS =
            Set.of("ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch");

    private final Path home;
    private final Generations generations;
    private final Uploads uploads;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    /** What the folder holds; it is made if there is none. */
    public StorageService(Path home) throws IOException {
        this.home = Files.createDirectories(home.resolve("buckets"));
        this.generations = Generations.open(home.resolve("generation"));
        try (Stream<Path> folders = Files.list(this.home)) {
            for (Path folder : folders.filter(Bucket::isBucket).toList()) {
                buckets.put(String.valueOf(folder.getFileName()), Bucket.load(folder, generations));
            }
        }
        this.uploads = Uploads.open(home.resolve("uploads"), this::bucket);
    }

    /** Makes a bucket, unless it is there. */
    public synchronized void makeBucket(String name, String project, String location) throws IOException {
        if (!buckets.containsKey(name)) {
            buckets.put(name, Bucket.create(home.resolve(name), name, project, location, generations));
        }
    }

    @Override
    public HttpAnswer answer(HttpCall call) throws IOException {
        Map<String, String> query = call.parameters();
        boolean text = "media".equals(query.get("alt")) || query.containsKey("upload_id");
        try {
            return route(call, call.segments(), query);
        } catch (StorageError e) {
            return text ? e.asText() : e.toAnswer();
        } catch (JsonProcessingException e) {
            return StorageError.invalid("Parse Error: " + e.getOriginalMessage())
                    .toAnswer();
        }
    }

    private HttpAnswer route(HttpCall call, List<String> path, Map<String, String> query) throws IOException {
        String method = call.method();
        if (isUnder(path, "upload", "storage", "v1", "b")
                && path.size() == 6
                && path.get(5).equals("o")) {
            return upload(call, path.get(4), query);
        }
        if (isUnder(path, "download", "storage", "v1", "b") && path.size() == 7 && method.equals("GET")) {
            return object(call, path.get(4), path.get(6), query);
        }
        if (!isUnder(path, "storage", "v1", "b")) {
            throw StorageError.notImplemented(method + " " + call.path());
        }
        if (path.size() == 3) {
            return switch (method) {
                case "GET" -> listBuckets(query);
                case "POST" -> insertBucket(call, query);
                default -> throw StorageError.notImplemented(method + " of buckets");
            };
        }
        String bucket = path.get(3);
        if (path.size() == 4) {
            return bucket(call, bucket, query);
        }
        if (!path.get(4).equals("o")) {
            throw StorageError.notImplemented(path.get(4) + " of a bucket");
        }
        if (path.size() == 5 && method.equals("GET")) {
            return list(bucket, query);
        }
        if (path.size() == 6) {
            return object(call, bucket, path.get(5), query);
        }
        if (path.size() == 7 && path.get(6).equals("compose") && method.equals("POST")) {
            return compose(call, bucket, path.get(5), query);
        }
        if (path.size() == 11 && path.get(6).equals("rewriteTo") && method.equals("POST")) {
            return rewrite(call, bucket, path.get(5), path.get(8), path.get(10), query);
        }
        throw StorageError.notImplemented(method + " " + call.path());
    }

    private static boolean isUnder(List<String> path, String... start) {
        return path.size() >= start.length && path.subList(0, start.length).equals(List.of(start));
    }

    // ---- buckets

    private HttpAnswer listBuckets(Map<String, String> query) throws IOException {
        only(query, Set.of("project", "prefix"));
        String project = project(query);
        ObjectNode answer = Resources.JSON.createObjectNode().put("kind", "storage#buckets");
        ArrayNode items = answer.putArray("items");
        for (Bucket each : new TreeMap<>(buckets).values()) {
            if (each.settings().project().equals(project)
                    && each.settings().name().startsWith(query.getOrDefault("prefix", ""))) {
                items.add(Resources.bucket(each.settings()));
            }
        }
        return json(answer, query);
    }

    private HttpAnswer insertBucket(HttpCall call, Map<String, String> query) throws IOException {
        only(query, Set.of("project"));
        String project = project(query);
        JsonNode resource = Resources.JSON.readTree(content(call));
        String name = resource.path("name").asText();
        if (!BUCKET.matcher(name).matches() || name.startsWith("goog") || name.contains("google")) {
            throw StorageError.invalid("Invalid bucket name: '" + name + "'");
        }
        Set<String> others = new TreeSet<>();
        resource.fieldNames().forEachRemaining(others::add);
        others.removeAll(Set.of("name", "location", "storageClass"));
        if (!others.isEmpty()) {
            throw StorageError.notImplemented("the fields " + others + " of a bucket");
        }
        synchronized (this) {
            if (buckets.containsKey(name)) {
                throw StorageError.conflict(
                        "Your previous request to create the named bucket succeeded and you already own it.");
            }
            makeBucket(name, project, resource.path("location").asText("US"));
        }
        return json(Resources.bucket(bucket(name).settings()), query);
    }

    private static String project(Map<String, String> query) {
        String project = query.get("project");
        if (project == null || project.isEmpty()) {
            throw StorageError.required("Required parameter: project");
        }
        return project;
    }

    private HttpAnswer bucket(HttpCall call, String name, Map<String, String> query) throws IOException {
        only(query, Set.of());
        switch (call.method()) {
            case "GET" -> {
                return json(Resources.bucket(bucket(name).settings()), query);
            }
            case "DELETE" -> {
                bucket(name).drop();
                buckets.remove(name);
                return nothing();
            }
            default -> throw StorageError.notImplemented(call.method() + " of a bucket");
        }
    }

    private Bucket bucket(String name) {
        Bucket bucket = buckets.get(name);
        if (bucket == null) {
            throw StorageError.noBucket();
        }
        return bucket;
    }

    // ---- objects

    private HttpAnswer object(HttpCall call, String bucketName, String name, Map<String, String> query)
            throws IOException {
        only(query, CONDITIONS, Set.of("generation"));
        Bucket bucket = bucket(bucketName);
        Long generation = Preconditions.number(query, "generation");
        Preconditions conditions = Preconditions.of(query);
        Bucket.Condition condition = current -> {
            if (generation != null && current != null && generation != current.generation()) {
                throw StorageError.noObject(bucketName, name);
            }
            conditions.check(current);
        };
        switch (call.method()) {
            case "GET" -> {
                return "media".equals(query.get("alt"))
                        ? media(call, bucket, name, generation, conditions)
                        : json(Resources.object(bucketName, reading(bucket, name, generation, conditions)), query);
            }
            case "PATCH" -> {
                JsonNode patch = Resources.JSON.readTree(content(call));
                Stored changed = bucket.change(name, condition, current -> patched(current, patch));
                return json(Resources.object(bucketName, changed), query);
            }
            case "DELETE" -> {
                bucket.delete(name, condition);
                return nothing();
            }
            default -> throw StorageError.notImplemented(call.method() + " of an object");
        }
    }

    private static Stored patched(Stored current, JsonNode patch) {
        Draft draft = Draft.of(patch, current.name(), null);
        Map<String, String> settings = new HashMap<>(current.settings());
        settings.putAll(draft.settings());
        Map<String, String> metadata = new HashMap<>(current.metadata());
        if (patch.path("metadata").isNull()) {
            metadata.clear();
        }
        metadata.putAll(draft.metadata());
        patch.path("metadata").fields().forEachRemaining(field -> {
            if (field.getValue().isNull()) {
                metadata.remove(field.getKey());
            }
        });
        return current.with(settings, metadata, Bucket.now());
    }

    private static Stored reading(Bucket bucket, String name, @Nullable Long generation, Preconditions conditions) {
        Stored stored = bucket.find(name);
        if (stored == null || (generation != null && generation != stored.generation())) {
            throw StorageError.noObject(bucket.settings().name(), name);
        }
        conditions.checkReading(stored);
        return stored;
    }

    private static HttpAnswer media(
            HttpCall call, Bucket bucket, String name, @Nullable Long generation, Preconditions conditions)
            throws IOException {
        while (true) {
            Stored stored = reading(bucket, name, generation, conditions);
            Map<String, String> headers = new HashMap<>();
            headers.put("X-Goog-Generation", Long.toString(stored.generation()));
            headers.put("X-Goog-Metageneration", Long.toString(stored.metageneration()));
            headers.put("X-Goog-Storage-Class", "STANDARD");
            headers.put("X-Goog-Stored-Content-Length", Long.toString(stored.size()));
            headers.put("X-Goog-Stored-Content-Encoding", "identity");
            headers.put(
                    "X-Goog-Hash", "crc32c=" + stored.crc32c() + (stored.md5() == null ? "" : "\nmd5=" + stored.md5()));
            headers.put("ETag", Resources.etag(stored));
            headers.put("Accept-Ranges", "bytes");
            long from = 0;
            long end = stored.size();
            String range = call.header("range");
            if (range != null) {
                Matcher matcher = RANGE.matcher(range);
                boolean known = matcher.matches() && matcher.group().length() > "bytes=-".length();
                if (known && matcher.group(1).isEmpty()) {
                    from = Math.max(0, stored.size() - Long.parseLong(matcher.group(2)));
                } else if (known) {
                    from = Long.parseLong(matcher.group(1));
                    end = matcher.group(2).isEmpty() ? end : Math.min(end, Long.parseLong(matcher.group(2)) + 1);
                }
                if (from >= end) {
                    throw StorageError.outOfRange();
                }
                headers.put("Content-Range", "bytes " + from + "-" + (end - 1) + "/" + stored.size());
            }
            InputStream content;
            try {
                content = opened(bucket.content(stored), from, end - from);
            } catch (NoSuchFileException | FileNotFoundException e) {
                // Replaced since: look again.
                continue;
            }
            return new HttpAnswer(
                    range == null ? 200 : 206,
                    stored.settings().getOrDefault("contentType", "application/octet-stream"),
                    headers,
                    end - from,
                    content);
        }
    }

    private static InputStream opened(Path file, long from, long length) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ).position(from);
        InputStream all = Channels.newInputStream(channel);
        return new InputStream() {
            private long left = length;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] buffer, int offset, int most) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int n = all.read(buffer, offset, (int) Math.min(most, left));
                left -= Math.max(n, 0);
                return n;
            }

            @Override
            public void close() throws IOException {
                all.close();
            }
        };
    }

    private HttpAnswer list(String bucketName, Map<String, String> query) throws IOException {
        only(query, Set.of("prefix", "delimiter", "startOffset", "endOffset", "maxResults", "pageToken", "versions"));
        if (Boolean.parseBoolean(query.get("versions"))) {
            throw StorageError.notImplemented("versions of objects");
        }
        Bucket bucket = bucket(bucketName);
        String prefix = query.getOrDefault("prefix", "");
        String delimiter = query.getOrDefault("delimiter", "");
        Long asked = Preconditions.number(query, "maxResults");
        if (asked != null && asked < 1) {
            throw StorageError.invalid("Invalid unsigned integer value: '" + asked + "'.");
        }
        long most = asked == null ? MAX_RESULTS : Math.min(asked, MAX_RESULTS);

        String start = greatest(prefix, query.getOrDefault("startOffset", ""));
        boolean inclusive = true;
        String last = "";
        String token = query.get("pageToken");
        if (token != null && !token.isEmpty()) {
            last = untoken(token);
            inclusive = greatest(start, last).equals(start) && !start.equals(last);
            start = greatest(start, last);
        }
        String end = query.getOrDefault("endOffset", "");

        ObjectNode answer = Resources.JSON.createObjectNode().put("kind", "storage#objects");
        List<ObjectNode> items = new ArrayList<>();
        TreeSet<String> prefixes = new TreeSet<>();
        for (Stored stored : bucket.from(start, inclusive).values()) {
            String name = stored.name();
            if (!name.startsWith(prefix)
                    || (!end.isEmpty() && greatest(name, end).equals(name))) {
                break;
            }
            int cut = delimiter.isEmpty() ? -1 : name.indexOf(delimiter, prefix.length());
            String folder = cut < 0 ? "" : name.substring(0, cut + delimiter.length());
            if (!folder.isEmpty() && (prefixes.contains(folder) || last.startsWith(folder))) {
                last = name;
                continue;
            }
            if (items.size() + prefixes.size() == most) {
                answer.put("nextPageToken", token(last));
                break;
            }
            if (folder.isEmpty()) {
                items.add(Resources.object(bucketName, stored));
            } else {
                prefixes.add(folder);
            }
            last = name;
        }
        if (!prefixes.isEmpty()) {
            ArrayNode array = answer.putArray("prefixes");
            prefixes.forEach(array::add);
        }
        if (!items.isEmpty()) {
            answer.putArray("items").addAll(items);
        }
        return json(answer, query);
    }

    private static String greatest(String a, String b) {
        return java.util.Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8))
                        >= 0
                ? a
                : b;
    }

    private static String token(String name) {
        return Base64.getUrlEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8));
    }

    private static String untoken(String token) {
        try {
            return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw StorageError.invalid("Invalid page token: " + token);
        }
    }

    private HttpAnswer compose(HttpCall call, String bucketName, String name, Map<String, String> query)
            throws IOException {
        only(query, Set.of("ifGenerationMatch", "ifMetagenerationMatch"));
        Bucket bucket = bucket(bucketName);
        JsonNode request = Resources.JSON.readTree(content(call));
        JsonNode sources = request.path("sourceObjects");
        if (!sources.isArray() || sources.isEmpty()) {
            throw StorageError.required("You must provide at least one source component.");
        }
        if (sources.size() > MAX_COMPOSED) {
            throw StorageError.invalid("The number of source components provided (" + sources.size()
                    + ") exceeds the maximum (" + MAX_COMPOSED + ")");
        }
        Draft draft = Draft.of(request.path("destination"), name, null);
        int components = 0;
        Path content = bucket.fresh();
        try (OutputStream out = Files.newOutputStream(content)) {
            for (JsonNode source : sources) {
                Stored part = source(bucket, source);
                components += part.components() == null ? 1 : part.components();
                Files.copy(bucket.content(part), out);
            }
        } catch (StorageError e) {
            Files.deleteIfExists(content);
            throw e;
        } catch (NoSuchFileException e) {
            Files.deleteIfExists(content);
            throw StorageError.conditionNotMet();
        }
        Stored composed = bucket.publish(content, draft, components, Preconditions.of(query)::check);
        return json(Resources.object(bucketName, composed), query);
    }

    private static Stored source(Bucket bucket, JsonNode source) {
        Map<String, String> conditions = new HashMap<>();
        source.path("objectPreconditions")
                .fields()
                .forEachRemaining(c -> conditions.put(c.getKey(), c.getValue().asText()));
        Long generation =
                source.has("generation") ? Long.valueOf(source.get("generation").asText()) : null;
        Stored part =
                reading(bucket, source.path("name").asText(), generation, new Preconditions(null, null, null, null));
        Preconditions.of(conditions).check(part);
        return part;
    }

    private HttpAnswer rewrite(
            HttpCall call, String fromBucket, String from, String toBucket, String to, Map<String, String> query)
            throws IOException {
        only(
                query,
                CONDITIONS,
                Set.of(
                        "sourceGeneration",
                        "ifSourceGenerationMatch",
                        "ifSourceGenerationNotMatch",
                        "ifSourceMetagenerationMatch",
                        "ifSourceMetagenerationNotMatch"));
        Bucket source = bucket(fromBucket);
        Bucket target = bucket(toBucket);
        Stored original =
                reading(source, from, Preconditions.number(query, "sourceGeneration"), Preconditions.ofSource(query));
        byte[] body = content(call);
        JsonNode resource = body.length == 0 ? Resources.JSON.createObjectNode() : Resources.JSON.readTree(body);
        // What is not said is taken over from the source, all of it or nothing.
        Draft draft = resource.isEmpty()
                ? new Draft(to, null, null, original.settings(), original.metadata())
                : Draft.of(resource, to, null);
        Path copy = target.fresh();
        try {
            Files.copy(source.content(original), copy);
        } catch (NoSuchFileException e) {
            throw StorageError.noObject(fromBucket, from);
        }
        Stored written = target.publish(copy, draft, original.components(), Preconditions.of(query)::check);
        ObjectNode answer = Resources.JSON
                .createObjectNode()
                .put("kind", "storage#rewriteResponse")
                .put("totalBytesRewritten", Long.toString(written.size()))
                .put("objectSize", Long.toString(written.size()))
                .put("done", true);
        answer.set("resource", Resources.object(toBucket, written));
        return json(answer, query);
    }

    // ---- uploads

    private HttpAnswer upload(HttpCall call, String bucketName, Map<String, String> query) throws IOException {
        only(query, CONDITIONS, Set.of("uploadType", "upload_id", "name"));
        String id = query.get("upload_id");
        if (id != null) {
            return switch (call.method()) {
                case "PUT" -> uploads.put(id, call);
                case "DELETE" -> uploads.cancel(id);
                default -> throw StorageError.notImplemented(call.method() + " of an upload");
            };
        }
        if (!call.method().equals("POST")) {
            throw StorageError.notImplemented(call.method() + " of uploads");
        }
        Bucket bucket = bucket(bucketName);
        Preconditions conditions = Preconditions.of(query);
        String type = query.getOrDefault("uploadType", "");
        switch (type) {
            case "multipart" -> {
                Multipart parts = Multipart.parse(call.header("content-type"), content(call));
                Draft draft =
                        Draft.of(Resources.JSON.readTree(parts.metadata()), query.get("name"), parts.contentType());
                return insert(call, bucket, draft, parts.content(), conditions, query);
            }
            case "media" -> {
                Draft draft =
                        Draft.of(Resources.JSON.createObjectNode(), query.get("name"), call.header("content-type"));
                return insert(call, bucket, draft, content(call), conditions, query);
            }
            case "resumable" -> {
                byte[] body = content(call);
                Draft draft = Draft.of(
                        body.length == 0 ? Resources.JSON.createObjectNode() : Resources.JSON.readTree(body),
                        query.get("name"),
                        call.header("x-upload-content-type"));
                conditions.check(bucket.find(draft.name()));
                String length = call.header("x-upload-content-length");
                String session = uploads.begin(new Uploads.Session(
                        bucketName, draft, conditions, length == null ? null : Long.valueOf(length), null));
                return HttpAnswer.of(
                        200,
                        "text/plain; charset=utf-8",
                        Map.of(
                                "Location",
                                "http://" + call.header("host") + call.path() + "?uploadType=resumable&upload_id="
                                        + session,
                                "X-GUploader-UploadID",
                                session),
                        new byte[0]);
            }
            default -> throw StorageError.invalid("Invalid value for uploadType: '" + type + "'");
        }
    }

    private static HttpAnswer insert(
            HttpCall call,
            Bucket bucket,
            Draft draft,
            byte[] content,
            Preconditions conditions,
            Map<String, String> query)
            throws IOException {
        Stored stored = bucket.publish(
                Files.write(bucket.fresh(), content),
                draft.withCrc32c(crc32c(call.header("x-goog-hash"))),
                null,
                conditions::check);
        return json(Resources.object(bucket.settings().name(), stored), query);
    }

    /** The CRC that a header {@code x-goog-hash} announces; null for none. */
    static @Nullable String crc32c(@Nullable String header) {
        for (String hash : header == null ? new String[0] : header.split(",")) {
            if (hash.trim().startsWith("crc32c=")) {
                return hash.trim().substring("crc32c=".length());
            }
        }
        return null;
    }

    // ---- the wire

    private static byte[] content(HttpCall call) throws IOException {
        boolean packed = "gzip".equals(call.header("content-encoding"));
        try (InputStream body = packed ? new GZIPInputStream(call.body()) : call.body()) {
            return body.readAllBytes();
        }
    }

    @SafeVarargs
    private static void only(Map<String, String> query, Set<String>... known) {
        Set<String> unknown = new TreeSet<>(query.keySet());
        unknown.removeAll(COMMON);
        for (Set<String> each : known) {
            unknown.removeAll(each);
        }
        if (!unknown.isEmpty()) {
            throw StorageError.notImplemented("the parameters " + unknown + " here");
        }
    }

    private static HttpAnswer json(ObjectNode answer, Map<String, String> query) throws IOException {
        return HttpAnswer.of(
                200, JSON_TYPE, Map.of(), Resources.JSON.writeValueAsBytes(Fields.keep(answer, query.get("fields"))));
    }

    private static HttpAnswer nothing() {
        return HttpAnswer.of(204, JSON_TYPE, Map.of(), new byte[0]);
    }
}
