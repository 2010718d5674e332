package dev.isobar.emulator.aws.s3;

import dev.isobar.emulator.aws.s3.Bucket.Stored;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * S3 with path-style addresses, over a folder that outlives the process. Signatures are not verified, but the region they name must be the bucket's. A session token that begins
 * with {@code expired} is expired.
 *
 * <p>There are: CreateBucket, HeadBucket, GetBucketLocation, DeleteBucket, ListBuckets, ListObjectsV2, PutObject, CopyObject, GetObject (also a range or a part), HeadObject,
 * DeleteObject, DeleteObjects, and uploads in parts. {@code If-Match} and {@code If-None-Match} on writes and removals are atomic with them. Uploads that are not completed
 * do not outlive the process. Everything else is {@code NotImplemented}. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html">API reference</a>
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html">conditional writes</a>
 */
public final class S3Service implements WireService {
    private static final Pattern SCOPE = Pattern.compile("Credential=[^/]+/\\d{8}/([a-z0-9-]+)/s3/aws4_request");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final long SMALLEST_PART = 5L << 20;
    private static final int MAX_KEY = 1024;
    private static final int MAX_KEYS = 1_000;
    private static final String META = "x-amz-meta-";

    private final Path home;
    private final Predicate<String> denied;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final Map<String, Upload> uploads = new ConcurrentHashMap<>();

    /** An upload that is not complete. */
    private record Upload(
            String bucket, String key, String contentType, Map<String, String> metadata, Map<Integer, Part> parts) {}

    private record Part(Path file, String etag, long bytes) {}

    /** What the folder holds; it is made if there is none. */
    public S3Service(Path home) throws IOException {
        this(home, action -> false);
    }

    /**
     * The same.
     *
     * @param denied actions that the account may not do, such as {@code s3:PutObject}
     */
    public S3Service(Path home, Predicate<String> denied) throws IOException {
        this.denied = denied;
        this.home = Files.createDirectories(home);
        try (Stream<Path> folders = Files.list(home)) {
            for (Path folder : folders.filter(Bucket::isBucket).toList()) {
                buckets.put(String.valueOf(folder.getFileName()), Bucket.load(folder));
            }
        }
    }

    /** Makes a bucket, unless it is there. */
    public void makeBucket(String name, String region) throws IOException {
        if (!buckets.containsKey(name)) {
            buckets.put(name, Bucket.create(home.resolve(name), region));
        }
    }

    @Override
    public boolean takes(WireRequest request) {
        return region(request) != null;
    }

    private static @Nullable String region(WireRequest request) {
        String authorization = request.header("authorization");
        Matcher scope = authorization == null ? null : SCOPE.matcher(authorization);
        return scope != null && scope.find() ? scope.group(1) : null;
    }

    @Override
    public WireResponse answer(WireRequest request) throws IOException {
        try {
            String[] path = request.path().substring(1).split("/", 2);
            Map<String, String> query = query(request.query());
            allow(request, path.length == 2 && !path[1].isEmpty(), path[0]);
            if (path[0].isEmpty()) {
                return listBuckets(request);
            }
            return path.length == 1 || path[1].isEmpty()
                    ? bucket(request, path[0], query)
                    : object(request, path[0], path[1], query);
        } catch (S3Error e) {
            Xml xml = new Xml("Error").with("Code", e.code()).with("Message", e.getMessage());
            Map<String, String> headers = new HashMap<>();
            e.more().forEach(xml::with);
            if (e.more().containsKey("Region")) {
                headers.put("x-amz-bucket-region", e.more().get("Region"));
            }
            if (request.method().equals("HEAD") || e.status() == 304) {
                return new WireResponse(e.status(), "application/xml", headers, new byte[0]);
            }
            return xml.answer(e.status(), headers);
        }
    }

    /**
     * Who asks may ask for this.
     *
     * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList">ExpiredToken, AccessDenied</a>
     */
    private void allow(WireRequest request, boolean object, String bucket) {
        String token = request.header("x-amz-security-token");
        if (token != null && token.toLowerCase(Locale.ROOT).startsWith("expired")) {
            throw new S3Error(400, "ExpiredToken", "The provided token has expired.");
        }
        String action = "s3:"
                + switch (request.method()) {
                    case "PUT" -> object ? "PutObject" : "CreateBucket";
                    case "POST" -> object ? "PutObject" : "DeleteObject";
                    case "DELETE" -> object ? "DeleteObject" : "DeleteBucket";
                    default -> object ? "GetObject" : bucket.isEmpty() ? "ListAllMyBuckets" : "ListBucket";
                };
        if (denied.test(action)) {
            throw new S3Error(403, "AccessDenied", SignedService.denial(action));
        }
    }

    private WireResponse listBuckets(WireRequest request) {
        if (!request.method().equals("GET")) {
            throw S3Error.notImplemented(request.method() + " /");
        }
        Xml xml = new Xml("ListAllMyBucketsResult").start("Buckets");
        new TreeMap<>(buckets)
                .forEach((name, bucket) -> xml.start("Bucket")
                        .with("Name", name)
                        .with("BucketRegion", bucket.region())
                        .end());
        return xml.end().answer(200, Map.of());
    }

    private WireResponse bucket(WireRequest request, String name, Map<String, String> query) throws IOException {
        switch (request.method()) {
            case "PUT" -> {
                only(query);
                return create(request, name);
            }
            case "HEAD" -> {
                Bucket bucket = there(request, name);
                return answer(200, Map.of("x-amz-bucket-region", bucket.region()));
            }
            case "DELETE" -> {
                only(query);
                Bucket bucket = there(request, name);
                if (!bucket.isEmpty()) {
                    throw new S3Error(409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
                }
                buckets.remove(name);
                bucket.drop();
                return answer(204, Map.of());
            }
            case "GET" -> {
                Bucket bucket = there(request, name);
                if (query.containsKey("location")) {
                    return new Xml("LocationConstraint")
                            .with("LocationConstraint", bucket.region())
                            .answer(200, Map.of());
                }
                if (query.containsKey("uploads")) {
                    return listUploads(name);
                }
                if (!"2".equals(query.get("list-type"))) {
                    throw S3Error.notImplemented("GET " + request.query());
                }
                return list(name, bucket, query);
            }
            case "POST" -> {
                Bucket bucket = there(request, name);
                if (query.containsKey("delete")) {
                    return deleteMany(request, bucket);
                }
                throw S3Error.notImplemented("POST " + request.query());
            }
            default -> throw new S3Error(405, "MethodNotAllowed", "The specified method is not allowed");
        }
    }

    private synchronized WireResponse create(WireRequest request, String name) throws IOException {
        if (!BUCKET.matcher(name).matches()) {
            throw new S3Error(400, "InvalidBucketName", "The specified bucket is not valid.");
        }
        String region = String.valueOf(region(request));
        String location = request.body().length == 0 ? null : Xml.text(Xml.parse(request.body()), "LocationConstraint");
        if (location != null && !location.equals(region)) {
            throw new S3Error(
                    400,
                    "IllegalLocationConstraintException",
                    "The " + location
                            + " location constraint is incompatible for the region specific endpoint this request was sent to.");
        }
        if (buckets.containsKey(name)) {
            throw new S3Error(
                    409,
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.");
        }
        buckets.put(name, Bucket.create(home.resolve(name), region));
        return answer(200, Map.of("Location", "/" + name));
    }

    private Bucket there(WireRequest request, String name) {
        Bucket bucket = buckets.get(name);
        if (bucket == null) {
            throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist", Map.of("BucketName", name));
        }
        String region = String.valueOf(region(request));
        if (!region.equals(bucket.region())) {
            throw new S3Error(
                    400,
                    "AuthorizationHeaderMalformed",
                    "The authorization header is malformed; the region '" + region + "' is wrong; expecting '"
                            + bucket.region() + "'",
                    Map.of("Region", bucket.region()));
        }
        return bucket;
    }

    private WireResponse list(String name, Bucket bucket, Map<String, String> query) {
        String prefix = query.getOrDefault("prefix", "");
        String delimiter = query.getOrDefault("delimiter", "");
        boolean encoded = "url".equals(query.get("encoding-type"));
        int max = Math.min(MAX_KEYS, number(query.getOrDefault("max-keys", "1000"), "max-keys"));
        String token = query.get("continuation-token");
        String after = token != null
                ? new String(HexFormat.of().parseHex(token), StandardCharsets.UTF_8)
                : query.getOrDefault("start-after", "");
        Xml xml = new Xml("ListBucketResult")
                .with("Name", name)
                .with("Prefix", text(prefix, encoded))
                .with("MaxKeys", max)
                .with("EncodingType", encoded ? "url" : null)
                .with("Delimiter", delimiter.isEmpty() ? null : text(delimiter, encoded));
        NavigableMap<String, Stored> behind =
                after.compareTo(prefix) < 0 ? bucket.behind(prefix, true) : bucket.behind(after, false);
        List<Stored> found = new ArrayList<>();
        List<String> common = new ArrayList<>();
        String last = null;
        boolean truncated = false;
        for (Stored stored : behind.values()) {
            String key = stored.key();
            if (!key.startsWith(prefix)) {
                break;
            }
            int cut = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
            String group = cut < 0 ? null : key.substring(0, cut + delimiter.length());
            if (group != null && (after.startsWith(group) || common.contains(group))) {
                last = key;
                continue;
            }
            if (found.size() + common.size() == max) {
                truncated = true;
                break;
            }
            last = key;
            if (group == null) {
                found.add(stored);
            } else {
                common.add(group);
            }
        }
        xml.with("IsTruncated", truncated).with("KeyCount", found.size() + common.size());
        if (truncated && last != null) {
            xml.with("NextContinuationToken", HexFormat.of().formatHex(last.getBytes(StandardCharsets.UTF_8)));
        }
        for (Stored stored : found) {
            xml.start("Contents")
                    .with("Key", text(stored.key(), encoded))
                    .with("LastModified", modified(stored).truncatedTo(ChronoUnit.SECONDS))
                    .with("ETag", stored.etag())
                    .with("Size", stored.bytes())
                    .with("StorageClass", "STANDARD")
                    .end();
        }
        for (String group : common) {
            xml.start("CommonPrefixes").with("Prefix", text(group, encoded)).end();
        }
        return xml.answer(200, Map.of());
    }

    private WireResponse deleteMany(WireRequest request, Bucket bucket) throws IOException {
        Xml xml = new Xml("DeleteResult");
        List<Element> objects = Xml.children(Xml.parse(Payload.of(request).content()), "Object");
        if (objects.isEmpty() || objects.size() > MAX_KEYS) {
            throw new S3Error(400, "MalformedXML", "1 to 1000 objects can be deleted at once");
        }
        for (Element object : objects) {
            String key = String.valueOf(Xml.text(object, "Key"));
            bucket.delete(key, before -> {});
            xml.start("Deleted").with("Key", key).end();
        }
        return xml.answer(200, Map.of());
    }

    private WireResponse object(WireRequest request, String name, String key, Map<String, String> query)
            throws IOException {
        Bucket bucket = there(request, name);
        if (key.getBytes(StandardCharsets.UTF_8).length > MAX_KEY) {
            throw new S3Error(400, "KeyTooLongError", "Your key is too long");
        }
        String upload = query.get("uploadId");
        switch (request.method()) {
            case "GET", "HEAD" -> {
                only(query, "partNumber");
                return get(request, bucket, key, query.get("partNumber"));
            }
            case "PUT" -> {
                if (upload != null) {
                    return part(request, bucket, name, key, upload, query);
                }
                only(query);
                return request.header("x-amz-copy-source") == null
                        ? put(request, bucket, key)
                        : copy(request, bucket, key, String.valueOf(request.header("x-amz-copy-source")));
            }
            case "DELETE" -> {
                if (upload != null) {
                    abort(find(upload, name, key), upload);
                } else {
                    only(query);
                    String expected = request.header("if-match");
                    bucket.delete(key, before -> {
                        if (expected != null && before == null) {
                            throw S3Error.noSuchKey();
                        }
                        if (expected != null && !matches(expected, before)) {
                            throw S3Error.preconditionFailed();
                        }
                    });
                }
                return answer(204, Map.of());
            }
            case "POST" -> {
                if (query.containsKey("uploads")) {
                    return begin(request, name, key);
                }
                if (upload != null) {
                    return complete(request, bucket, name, key, upload);
                }
                throw S3Error.notImplemented("POST " + request.query());
            }
            default -> throw new S3Error(405, "MethodNotAllowed", "The specified method is not allowed");
        }
    }

    private WireResponse get(WireRequest request, Bucket bucket, String key, @Nullable String part) throws IOException {
        while (true) {
            Stored stored = bucket.find(key);
            if (stored == null) {
                throw S3Error.noSuchKey();
            }
            String match = request.header("if-match");
            if (match != null && !matches(match, stored)) {
                throw S3Error.preconditionFailed();
            }
            String noneMatch = request.header("if-none-match");
            if (noneMatch != null && matches(noneMatch, stored)) {
                throw new S3Error(304, "NotModified", "Not Modified");
            }
            Map<String, String> headers = new HashMap<>();
            headers.put("ETag", stored.etag());
            headers.put("Last-Modified", HTTP_DATE.format(modified(stored)));
            headers.put("Accept-Ranges", "bytes");
            stored.metadata().forEach((name, value) -> headers.put(META + name, value));
            long from = 0;
            long length = stored.bytes();
            int status = 200;
            String range = request.header("range");
            if (part != null) {
                int index = number(part, "partNumber") - 1;
                int parts = Math.max(1, stored.parts().size());
                if (index < 0 || index >= parts || range != null) {
                    throw new S3Error(416, "InvalidPartNumber", "The requested partnumber is not satisfiable");
                }
                if (!stored.parts().isEmpty()) {
                    from = stored.parts().stream()
                            .limit(index)
                            .mapToLong(Long::longValue)
                            .sum();
                    length = stored.parts().get(index);
                    headers.put("x-amz-mp-parts-count", Integer.toString(parts));
                }
                // There is no range of nothing.
                status = stored.bytes() == 0 ? 200 : 206;
            } else if (range != null) {
                Matcher bytes = RANGE.matcher(range);
                if (bytes.matches() && !range.equals("bytes=-")) {
                    String first = bytes.group(1);
                    String last = bytes.group(2);
                    from = first.isEmpty() ? Math.max(0, length - Long.parseLong(last)) : Long.parseLong(first);
                    long to =
                            first.isEmpty() || last.isEmpty() ? length - 1 : Math.min(length - 1, Long.parseLong(last));
                    if (from > to) {
                        throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable");
                    }
                    length = to - from + 1;
                    status = 206;
                }
            }
            if (status == 206) {
                headers.put("Content-Range", "bytes " + from + "-" + (from + length - 1) + "/" + stored.bytes());
            } else if ("ENABLED".equalsIgnoreCase(request.header("x-amz-checksum-mode"))) {
                headers.putAll(stored.checksums());
            }
            if (request.method().equals("HEAD")) {
                headers.put("Content-Length", Long.toString(length));
                return new WireResponse(status, stored.contentType(), headers, new byte[0]);
            }
            if (length > Integer.MAX_VALUE - 16) {
                throw S3Error.notImplemented("2 GiB in one answer");
            }
            byte[] content = bucket.read(stored, from, (int) length);
            if (content != null) {
                return new WireResponse(status, stored.contentType(), headers, content);
            }
        }
    }

    private WireResponse put(WireRequest request, Bucket bucket, String key) throws IOException {
        Consumer<@Nullable Stored> condition = condition(request);
        Payload payload = Payload.of(request);
        Stored stored = bucket.publish(
                bucket.stage(payload.content()),
                key,
                '"' + Payload.md5(payload.content()) + '"',
                contentType(request),
                metadata(request),
                payload.checksums(),
                List.of(),
                condition);
        Map<String, String> headers = new HashMap<>(payload.checksums());
        headers.put("ETag", stored.etag());
        return answer(200, headers);
    }

    private WireResponse copy(WireRequest request, Bucket bucket, String key, String source) throws IOException {
        String[] from = URLDecoder.decode(source.replace("+", "%2B"), StandardCharsets.UTF_8)
                .replaceFirst("^/", "")
                .split("/", 2);
        Bucket other = there(request, from[0]);
        Stored stored = from.length < 2 ? null : other.find(from[1]);
        byte[] content = stored == null ? null : other.read(stored, 0, (int) stored.bytes());
        if (stored == null || content == null) {
            throw S3Error.noSuchKey();
        }
        boolean replaced = "REPLACE".equalsIgnoreCase(request.header("x-amz-metadata-directive"));
        Stored copied = bucket.publish(
                bucket.stage(content),
                key,
                '"' + Payload.md5(content) + '"',
                replaced ? contentType(request) : stored.contentType(),
                replaced ? metadata(request) : stored.metadata(),
                stored.parts().isEmpty() ? stored.checksums() : Map.of(),
                List.of(),
                condition(request));
        return new Xml("CopyObjectResult")
                .with("ETag", copied.etag())
                .with("LastModified", modified(copied))
                .answer(200, Map.of());
    }

    private WireResponse begin(WireRequest request, String name, String key) {
        String id = UUID.randomUUID().toString().replace("-", "");
        uploads.put(id, new Upload(name, key, contentType(request), metadata(request), new ConcurrentHashMap<>()));
        return new Xml("InitiateMultipartUploadResult")
                .with("Bucket", name)
                .with("Key", key)
                .with("UploadId", id)
                .answer(200, Map.of());
    }

    private WireResponse part(
            WireRequest request, Bucket bucket, String name, String key, String id, Map<String, String> query)
            throws IOException {
        only(query, "uploadId", "partNumber");
        Upload upload = find(id, name, key);
        int number = number(query.getOrDefault("partNumber", ""), "partNumber");
        if (number < 1 || number > 10_000) {
            throw S3Error.invalid("Part number must be an integer between 1 and 10000, inclusive");
        }
        Payload payload = Payload.of(request);
        String etag = '"' + Payload.md5(payload.content()) + '"';
        Part before =
                upload.parts().put(number, new Part(bucket.stage(payload.content()), etag, payload.content().length));
        if (before != null) {
            Files.deleteIfExists(before.file());
        }
        Map<String, String> headers = new HashMap<>(payload.checksums());
        headers.put("ETag", etag);
        return answer(200, headers);
    }

    private WireResponse complete(WireRequest request, Bucket bucket, String name, String key, String id)
            throws IOException {
        Upload upload = find(id, name, key);
        Consumer<@Nullable Stored> condition = condition(request);
        List<Path> files = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        ByteArrayOutputStream digests = new ByteArrayOutputStream();
        int last = 0;
        List<Element> listed = Xml.children(Xml.parse(request.body()), "Part");
        if (listed.isEmpty()) {
            throw new S3Error(400, "MalformedXML", "The XML you provided names no part");
        }
        for (Element element : listed) {
            int number = number(String.valueOf(Xml.text(element, "PartNumber")), "PartNumber");
            Part part = upload.parts().get(number);
            if (part == null || !unquoted(part.etag()).equals(unquoted(String.valueOf(Xml.text(element, "ETag"))))) {
                throw new S3Error(400, "InvalidPart", "One or more of the specified parts could not be found.");
            }
            if (number <= last) {
                throw new S3Error(400, "InvalidPartOrder", "The list of parts was not in ascending order.");
            }
            if (!sizes.isEmpty() && sizes.get(sizes.size() - 1) < SMALLEST_PART) {
                throw new S3Error(
                        400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
            }
            last = number;
            files.add(part.file());
            sizes.add(part.bytes());
            digests.writeBytes(HexFormat.of().parseHex(unquoted(part.etag())));
        }
        // Refused before the parts go, so that an upload can still be aborted; what counts is the look under the lock.
        condition.accept(bucket.find(key));
        if (!uploads.remove(id, upload)) {
            throw noSuchUpload();
        }
        Stored stored = bucket.publish(
                bucket.join(files),
                key,
                '"' + Payload.md5(digests.toByteArray()) + "-" + files.size() + '"',
                upload.contentType(),
                upload.metadata(),
                Map.of(),
                sizes,
                condition);
        for (Part part : upload.parts().values()) {
            Files.deleteIfExists(part.file());
        }
        return new Xml("CompleteMultipartUploadResult")
                .with("Location", "/" + name + "/" + key)
                .with("Bucket", name)
                .with("Key", key)
                .with("ETag", stored.etag())
                .answer(200, Map.of());
    }

    private void abort(Upload upload, String id) throws IOException {
        uploads.remove(id);
        for (Part part : upload.parts().values()) {
            Files.deleteIfExists(part.file());
        }
    }

    private WireResponse listUploads(String name) {
        Xml xml = new Xml("ListMultipartUploadsResult").with("Bucket", name).with("IsTruncated", false);
        uploads.forEach((id, upload) -> {
            if (upload.bucket().equals(name)) {
                xml.start("Upload")
                        .with("Key", upload.key())
                        .with("UploadId", id)
                        .end();
            }
        });
        return xml.answer(200, Map.of());
    }

    private Upload find(String id, String bucket, String key) {
        Upload upload = uploads.get(id);
        if (upload == null || !upload.bucket().equals(bucket) || !upload.key().equals(key)) {
            throw noSuchUpload();
        }
        return upload;
    }

    private static S3Error noSuchUpload() {
        return new S3Error(
                404,
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.");
    }

    private static Consumer<@Nullable Stored> condition(WireRequest request) {
        String match = request.header("if-match");
        String noneMatch = request.header("if-none-match");
        if (noneMatch != null && !noneMatch.equals("*")) {
            throw S3Error.notImplemented("If-None-Match of a write other than *");
        }
        return before -> {
            if (noneMatch != null && before != null) {
                throw S3Error.preconditionFailed();
            }
            if (match != null && before == null) {
                throw S3Error.noSuchKey();
            }
            if (match != null && !matches(match, before)) {
                throw S3Error.preconditionFailed();
            }
        };
    }

    private static boolean matches(String expected, @Nullable Stored stored) {
        return stored != null && (expected.equals("*") || unquoted(expected).equals(unquoted(stored.etag())));
    }

    private static String unquoted(String etag) {
        return etag.replace("\"", "").replace("&quot;", "");
    }

    private static String contentType(WireRequest request) {
        String type = request.header("content-type");
        return type == null ? "binary/octet-stream" : type;
    }

    private static Map<String, String> metadata(WireRequest request) {
        Map<String, String> metadata = new TreeMap<>();
        request.headers().forEach((name, value) -> {
            if (name.startsWith(META)) {
                metadata.put(name.substring(META.length()), value);
            }
        });
        return metadata;
    }

    private static Instant modified(Stored stored) {
        return Instant.parse(stored.modified());
    }

    private static String text(String key, boolean encoded) {
        return encoded
                ? URLEncoder.encode(key, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("%2F", "/")
                : key;
    }

    private static int number(String text, String what) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw S3Error.invalid(what + " is not a number: " + text);
        }
    }

    /** Refuses parameters that mean another operation; the SDK's own name of the operation means none. */
    private static void only(Map<String, String> query, String... known) {
        for (String name : query.keySet()) {
            if (!name.equals("x-id") && !List.of(known).contains(name)) {
                throw S3Error.notImplemented(name);
            }
        }
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : raw.split("&")) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                query.put(decode(parts[0]), parts.length == 1 ? "" : decode(parts[1]));
            }
        }
        return query;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static WireResponse answer(int status, Map<String, String> headers) {
        return new WireResponse(status, "application/xml", headers, new byte[0]);
    }
}
