package dev.isobar.aws.s3;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.FileTransformerConfiguration;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.transfer.s3.model.CompletedFileUpload;
import software.amazon.awssdk.transfer.s3.model.CompletedUpload;
import software.amazon.awssdk.transfer.s3.model.UploadFileRequest;

/**
 * The objects of a bucket whose keys begin with a root such as {@code isobar/lake/}. Thread safe.
 *
 * <p><b>Version:</b> the ETag. It is a digest of the content (and of its parts' sizes), so that the same content written again has the same version.
 *
 * <p><b>Conditions:</b> {@code If-None-Match: *} and {@code If-Match} on PutObject, CompleteMultipartUpload and DeleteObject. {@code 409
 * ConditionalRequestConflict} means that another write of the key was under way and nothing is decided; the write is made again, a few times. {@code 412} is the
 * final answer, except where it answers the repetition of a write whose own response was lost: each write has an id in the object's metadata, by which it is
 * known again. What cannot be known is a write that took effect, lost its response, and was replaced by another before it was repeated: that one is reported as
 * the conflict that it is by then.
 *
 * @see <a href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html">conditional writes</a>
 * @since 0.1
 */
public final class S3ObjectStore implements ObjectStore {
    /** What S3 gives at once. */
    private static final int SERVICE_PAGE = 1_000;

    /** What goes up, or comes down, in one request. Bytes. */
    private static final int SMALL = 8 << 20;

    /** How often something is decided anew because others write the same key at the same time. */
    private static final int ATTEMPTS = 8;

    /** The id of the write that made the object, as user metadata. */
    private static final String WRITE = "isobar-write";

    private static final FileTransformerConfiguration REPLACING =
            FileTransformerConfiguration.defaultCreateOrReplaceExisting();

    private final S3Bucket bucket;
    private final String root;

    /**
     * The objects under a root.
     *
     * @param root ends with {@code /}
     */
    public S3ObjectStore(S3Bucket bucket, String root) {
        this.bucket = bucket;
        this.root = root;
    }

    @Override
    public ObjectInfo put(String key, byte[] content, Precondition precondition) {
        ObjectStore.checkKey(bucket.instance(), "put", key);
        return write("put", key, content.length, precondition, request -> {
            // The content is the caller's, who waits: it need not be copied.
            AsyncRequestBody body = AsyncRequestBody.fromBytesUnsafe(content);
            return content.length <= SMALL
                    ? bucket.client().putObject(request, body)
                    : bucket.transfers()
                            .upload(u -> u.putObjectRequest(request).requestBody(body))
                            .completionFuture()
                            .thenApply(CompletedUpload::response);
        });
    }

    @Override
    public ObjectInfo putFile(String key, Path source, Precondition precondition) {
        ObjectStore.checkKey(bucket.instance(), "putFile", key);
        if (!Files.isRegularFile(source)) {
            throw error(ErrorCode.INVALID_ARGUMENT, "There is no file " + source + " to put", "putFile", key)
                    .build();
        }
        long bytes;
        try {
            bytes = Files.size(source);
        } catch (IOException e) {
            throw IsobarException.io("looking at " + source, e);
        }
        return write(
                "putFile",
                key,
                bytes,
                precondition,
                request -> bucket.transfers()
                        .uploadFile(UploadFileRequest.builder()
                                .putObjectRequest(request)
                                .source(source)
                                .addTransferListener(new TransferLog("Uploading " + key))
                                .build())
                        .completionFuture()
                        .thenApply(CompletedFileUpload::response));
    }

    @Override
    public Optional<StoredObject> get(String key) {
        ObjectStore.checkKey(bucket.instance(), "get", key);
        GetObjectRequest request =
                GetObjectRequest.builder().bucket(bucket.name()).key(root + key).build();
        for (int attempt = 1; ; attempt++) {
            try {
                ResponseBytes<GetObjectResponse> answer = bucket.answer(
                        () -> bucket.client().getObject(request, AsyncResponseTransformer.toBytes()), "get", key);
                byte[] content = answer.asByteArrayUnsafe();
                return Optional.of(new StoredObject(
                        new ObjectInfo(key, version(answer.response().eTag()), content.length), content));
            } catch (S3Exception e) {
                if (bucket.isAbsent(e)) {
                    return Optional.empty();
                }
                again(e, attempt, "get", key);
            }
        }
    }

    @Override
    public ObjectInfo getFile(String key, Path target) {
        ObjectStore.checkKey(bucket.instance(), "getFile", key);
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            throw error(ErrorCode.INVALID_ARGUMENT, target + " is a root, not a file", "getFile", key)
                    .build();
        }
        Path temporary = folder.resolve("~" + UUID.randomUUID() + "-" + target.getFileName());
        try {
            Files.createDirectories(folder);
            for (int attempt = 1; ; attempt++) {
                try {
                    HeadObjectResponse seen = look("getFile", key)
                            .orElseThrow(() -> error(ErrorCode.NOT_FOUND, "There is no object " + key, "getFile", key)
                                    .build());
                    bucket.answer(() -> download(key, seen, temporary), "getFile", key);
                    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                        channel.force(true);
                    }
                    if (Files.size(temporary) != seen.contentLength()) {
                        throw error(
                                        ErrorCode.CORRUPT,
                                        "Of " + seen.contentLength() + " bytes of the object " + key + " "
                                                + Files.size(temporary) + " arrived",
                                        "getFile",
                                        key)
                                .build();
                    }
                    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                    return info(key, seen);
                } catch (S3Exception e) {
                    // Gone or replaced since: look again.
                    if (!bucket.isAbsent(e) || attempt == ATTEMPTS) {
                        again(e, attempt, "getFile", key);
                    }
                } finally {
                    Files.deleteIfExists(temporary);
                }
            }
        } catch (IOException e) {
            throw IsobarException.io("copying object " + key + " to " + target, e);
        }
    }

    private CompletableFuture<GetObjectResponse> download(String key, HeadObjectResponse seen, Path temporary) {
        GetObjectRequest request = GetObjectRequest.builder()
                .bucket(bucket.name())
                .key(root + key)
                .ifMatch(seen.eTag())
                .build();
        // The transfer manager asks for part 1 of whatever there is, and of nothing there is no part.
        return seen.contentLength() <= SMALL
                ? bucket.client().getObject(request, AsyncResponseTransformer.toFile(temporary, REPLACING))
                : bucket.transfers()
                        .downloadFile(d -> d.getObjectRequest(request)
                                .destination(temporary)
                                .addTransferListener(new TransferLog("Downloading " + key)))
                        .completionFuture()
                        .thenApply(done -> done.response());
    }

    @Override
    public Optional<ObjectInfo> head(String key) {
        ObjectStore.checkKey(bucket.instance(), "head", key);
        return look("head", key).map(seen -> info(key, seen));
    }

    @Override
    public List<ObjectInfo> list(String prefix, @Nullable String after, int limit) {
        ObjectStore.checkList(bucket.instance(), prefix, limit);
        List<ObjectInfo> found = new ArrayList<>(Math.min(limit, SERVICE_PAGE));
        String behind = after == null || after.isEmpty() ? null : root + after;
        while (found.size() < limit) {
            ListObjectsV2Request request = ListObjectsV2Request.builder()
                    .bucket(bucket.name())
                    .prefix(root + prefix)
                    .startAfter(behind)
                    .maxKeys(Math.min(SERVICE_PAGE, limit - found.size()))
                    .build();
            ListObjectsV2Response page;
            try {
                page = bucket.answer(() -> bucket.client().listObjectsV2(request), "list", prefix);
            } catch (S3Exception e) {
                throw bucket.failure(e, "list", prefix);
            }
            for (S3Object object : page.contents()) {
                found.add(new ObjectInfo(object.key().substring(root.length()), version(object.eTag()), object.size()));
                behind = object.key();
            }
            if (!Boolean.TRUE.equals(page.isTruncated()) || page.contents().isEmpty()) {
                break;
            }
        }
        return List.copyOf(found);
    }

    @Override
    public boolean delete(String key, Precondition precondition) {
        ObjectStore.checkKey(bucket.instance(), "delete", key);
        for (int attempt = 1; ; attempt++) {
            // S3 does not say whether there was something to delete.
            Optional<HeadObjectResponse> seen = look("delete", key);
            String current = seen.map(s -> version(s.eTag())).orElse(null);
            if (precondition instanceof Precondition.Absent && current != null) {
                throw error(ErrorCode.ALREADY_EXISTS, "The object " + key + " exists", "delete", key)
                        .build();
            }
            if (precondition instanceof Precondition.Version expected
                    && !expected.version().equals(current)) {
                throw conflict("delete", key, expected, null);
            }
            if (current == null) {
                return false;
            }
            DeleteObjectRequest request = DeleteObjectRequest.builder()
                    .bucket(bucket.name())
                    .key(root + key)
                    .ifMatch(quoted(current))
                    .build();
            try {
                bucket.answer(() -> bucket.client().deleteObject(request), "delete", key);
                return true;
            } catch (S3Exception e) {
                // Somebody changed or removed it since: look again.
                if (!S3Bucket.isRefused(e) && !bucket.isAbsent(e)) {
                    again(e, attempt, "delete", key);
                } else if (attempt == ATTEMPTS) {
                    throw busy(e, "delete", key);
                }
            }
        }
    }

    /** The one place where a write meets its precondition. */
    private ObjectInfo write(
            String operation,
            String key,
            long bytes,
            Precondition precondition,
            Function<PutObjectRequest, CompletableFuture<PutObjectResponse>> send) {
        String id = UUID.randomUUID().toString();
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(bucket.name())
                .key(root + key)
                .contentLength(bytes)
                .metadata(Map.of(WRITE, id));
        if (precondition instanceof Precondition.Absent) {
            request.ifNoneMatch("*");
        } else if (precondition instanceof Precondition.Version expected) {
            request.ifMatch(quoted(expected.version()));
        }
        for (int attempt = 1; ; attempt++) {
            try {
                PutObjectResponse answer = bucket.answer(() -> send.apply(request.build()), operation, key);
                return new ObjectInfo(key, version(answer.eTag()), bytes);
            } catch (S3Exception e) {
                if (S3Bucket.isRefused(e) || S3Bucket.isNotFound(e)) {
                    // Also an upload in parts that is unknown by now: perhaps because it was completed.
                    Optional<HeadObjectResponse> seen = look(operation, key);
                    if (seen.isPresent() && id.equals(seen.get().metadata().get(WRITE))) {
                        return info(key, seen.get());
                    }
                    if (S3Bucket.isRefused(e) || bucket.isAbsent(e)) {
                        throw refused(operation, key, precondition, e);
                    }
                }
                again(e, attempt, operation, key);
            }
        }
    }

    /** Returns if a call may be made again because nothing is decided; throws what it means otherwise. */
    private void again(S3Exception e, int attempt, String operation, String key) {
        // 412 on reading: the object was replaced between two of its parts.
        boolean undecided = S3Bucket.isUndecided(e) || S3Bucket.isRefused(e);
        if (!undecided) {
            throw bucket.failure(e, operation, key);
        }
        if (attempt == ATTEMPTS) {
            throw busy(e, operation, key);
        }
    }

    private IsobarException busy(S3Exception e, String operation, String key) {
        return error(
                        ErrorCode.UNAVAILABLE,
                        "Others changed the object " + key + " during each of " + ATTEMPTS + " attempts",
                        operation,
                        key)
                .hint("Wait a moment and run the same command again.")
                .cause(e)
                .build();
    }

    private IsobarException refused(String operation, String key, Precondition precondition, S3Exception e) {
        if (precondition instanceof Precondition.Version expected) {
            return conflict(operation, key, expected, e);
        }
        return error(ErrorCode.ALREADY_EXISTS, "The object " + key + " exists already", operation, key)
                .hint("Read it, or write another key.")
                .cause(e)
                .build();
    }

    private IsobarException conflict(
            String operation, String key, Precondition.Version expected, @Nullable S3Exception e) {
        return error(
                        ErrorCode.CONFLICT,
                        "The object " + key + " is not at version " + expected.version(),
                        operation,
                        key)
                .hint("Read it again and decide again.")
                .cause(e)
                .build();
    }

    private Optional<HeadObjectResponse> look(String operation, String key) {
        try {
            return Optional.of(bucket.answer(
                    () -> bucket.client()
                            .headObject(r -> r.bucket(bucket.name()).key(root + key)),
                    operation,
                    key));
        } catch (S3Exception e) {
            if (bucket.isAbsentAtHead(e, operation, key)) {
                return Optional.empty();
            }
            throw bucket.failure(e, operation, key);
        }
    }

    private static ObjectInfo info(String key, HeadObjectResponse seen) {
        return new ObjectInfo(key, version(seen.eTag()), seen.contentLength());
    }

    private static String version(String tag) {
        return tag.replace("\"", "");
    }

    private static String quoted(String version) {
        return '"' + version + '"';
    }

    private IsobarException.Builder error(ErrorCode code, String message, String operation, String key) {
        return IsobarException.of(code, message)
                .adapter(bucket.instance())
                .at("ObjectStore", operation)
                .resource(key);
    }
}
