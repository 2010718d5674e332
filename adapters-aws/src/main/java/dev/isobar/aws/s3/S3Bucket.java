package dev.isobar.aws.s3;

import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsErrors;
import dev.isobar.aws.client.AwsService;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClientBuilder;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.transfer.s3.S3TransferManager;

/**
 * One bucket, seen by one identity: the clients, and what S3's errors mean. Nothing is called before it is needed. Thread safe.
 *
 * <p>Contents and files of more than 8 MiB go up in parts, and files come down in the parts in which they went up; every part has a checksum (the SDK's default).
 */
public final class S3Bucket {
    /** S3 says where a bucket is in one of these ways when it was asked in the wrong region. */
    private static final Set<String> ELSEWHERE = Set.of(
            "PermanentRedirect",
            "TemporaryRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException");

    private static final int CONFLICT = 409;
    private static final int MOVED = 301;
    private static final int NOT_FOUND = 404;
    private static final int PRECONDITION_FAILED = 412;

    private final String instance;
    private final String name;
    private final String region;
    private final S3AsyncClient client;
    private final S3TransferManager transfers;
    private volatile boolean exists;

    /** The bucket of that name, reached with these clients, which close it. */
    public S3Bucket(AwsClients clients, String instance, String name) {
        this.instance = instance;
        this.name = name;
        this.region = clients.region().id();
        SdkAsyncHttpClient http = clients.keep(clients.asyncHttp().build());
        this.client = clients.build(AwsService.S3, builder(clients, http));
        this.transfers = clients.keep(S3TransferManager.builder()
                .s3Client(clients.build(AwsService.S3, builder(clients, http).multipartEnabled(true)))
                .build());
    }

    private static S3AsyncClientBuilder builder(AwsClients clients, SdkAsyncHttpClient http) {
        S3AsyncClientBuilder builder = S3AsyncClient.builder().httpClient(http);
        if (clients.endpoint(AwsService.S3) != null) {
            // An emulator has no DNS name for each bucket.
            builder.forcePathStyle(true)
                    .overrideConfiguration(c -> c.addExecutionInterceptor(new WithoutExpectation()));
        }
        return builder;
    }

    /** Its name. */
    public String name() {
        return name;
    }

    String instance() {
        return instance;
    }

    /** For what is one request and one answer. */
    S3AsyncClient client() {
        return client;
    }

    /** For what may take several. */
    S3TransferManager transfers() {
        return transfers;
    }

    /** Waits for an answer; throws what S3 said, unwrapped. An interrupt abandons the call. */
    <T> T answer(Supplier<CompletableFuture<T>> call, String operation, String key) throws S3Exception {
        CompletableFuture<T> future = call.get();
        try {
            T answer = future.get();
            exists = true;
            return answer;
        } catch (ExecutionException e) {
            Throwable cause = AwsErrors.unwrap(e);
            if (cause instanceof S3Exception answered) {
                throw answered;
            }
            throw AwsErrors.translate(cause, instance, "ObjectStore", operation, key);
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "Interrupted while waiting for S3")
                    .adapter(instance)
                    .at("ObjectStore", operation)
                    .resource(key)
                    .cause(e)
                    .build();
        }
    }

    /** Whether S3 says that the object, and only the object, is not there. */
    boolean isAbsent(S3Exception e) {
        boolean absent = isNotFound(e) && !code(e).equals("NoSuchBucket") && !code(e).equals("NoSuchUpload");
        exists |= absent;
        return absent;
    }

    /** The same of an answer to HEAD, which has no body and looks alike without a bucket. */
    boolean isAbsentAtHead(S3Exception e, String operation, String key) {
        if (!isNotFound(e)) {
            return false;
        }
        if (!exists) {
            try {
                answer(() -> client.headBucket(b -> b.bucket(name)), operation, key);
            } catch (S3Exception bucket) {
                throw isNotFound(bucket) ? missing(bucket, operation, key) : failure(bucket, operation, key);
            }
        }
        return true;
    }

    /** Whether something that the call named does not exist: bucket, object, or upload in parts. */
    static boolean isNotFound(S3Exception e) {
        return e.statusCode() == NOT_FOUND;
    }

    /** Whether S3 refused because the precondition does not hold. */
    static boolean isRefused(S3Exception e) {
        return e.statusCode() == PRECONDITION_FAILED;
    }

    /** Whether another write of the key was under way: nothing is decided, and the same call may be made again. */
    static boolean isUndecided(S3Exception e) {
        return e.statusCode() == CONFLICT && code(e).equals("ConditionalRequestConflict");
    }

    /** What S3 said, in Isobar's words. */
    IsobarException failure(RuntimeException thrown, String operation, String key) {
        if (thrown instanceof S3Exception e) {
            if (code(e).equals("NoSuchBucket")) {
                return missing(e, operation, key);
            }
            if (ELSEWHERE.contains(code(e)) || e.statusCode() == MOVED) {
                return IsobarException.of(
                                ErrorCode.INVALID_CONFIGURATION,
                                "The bucket " + name + " is not in " + region + where(e))
                        .adapter(instance)
                        .at("ObjectStore", operation)
                        .resource(key)
                        .hint(
                                "Set the bucket's own region as `region` of this adapter instance, or name another bucket.")
                        .cause(e)
                        .build();
            }
        }
        return AwsErrors.translate(thrown, instance, "ObjectStore", operation, key);
    }

    private IsobarException missing(S3Exception e, String operation, String key) {
        return IsobarException.of(ErrorCode.INVALID_CONFIGURATION, "There is no bucket " + name)
                .adapter(instance)
                .at("ObjectStore", operation)
                .resource(key)
                .hint("Make it (`aws s3 mb s3://" + name + " --region " + region
                        + "`), or set `bucket` of this adapter instance to one that exists. Isobar makes no buckets.")
                .cause(e)
                .build();
    }

    private static String where(S3Exception e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().sdkHttpResponse() == null
                ? ""
                : e.awsErrorDetails()
                        .sdkHttpResponse()
                        .firstMatchingHeader("x-amz-bucket-region")
                        .map(region -> " but in " + region)
                        .orElse("");
    }

    /** Does not ask emulators to say "100 Continue" before it sends: some say it to a client that has sent already, which takes it for the answer. */
    private static final class WithoutExpectation implements ExecutionInterceptor {
        @Override
        public SdkHttpRequest modifyHttpRequest(Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
            return context.httpRequest().toBuilder().removeHeader("Expect").build();
        }
    }

    private static String code(AwsServiceException e) {
        return e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                ? ""
                : e.awsErrorDetails().errorCode();
    }
}
