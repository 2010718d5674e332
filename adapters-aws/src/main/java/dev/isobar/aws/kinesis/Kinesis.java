package dev.isobar.aws.kinesis;

import dev.isobar.aws.client.AwsErrors;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ListShardsRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** Calls Kinesis and waits for its answer, with errors in Isobar's words. Thread safe. */
final class Kinesis {
    private final String instance;
    private final KinesisAsyncClient client;

    Kinesis(String instance, KinesisAsyncClient client) {
        this.instance = instance;
        this.client = client;
    }

    String instance() {
        return instance;
    }

    KinesisAsyncClient client() {
        return client;
    }

    /** The answer of a call. */
    <T> T call(String operation, String resource, Function<KinesisAsyncClient, CompletableFuture<T>> call) {
        CompletableFuture<T> future = call.apply(client);
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            future.cancel(true);
            throw cancelled(operation, resource);
        } catch (ExecutionException e) {
            throw translate(e, operation, resource);
        }
    }

    /** The answer of a call, or null if what it asks for does not exist. */
    <T> @Nullable T find(String operation, String resource, Function<KinesisAsyncClient, CompletableFuture<T>> call) {
        try {
            return call(operation, resource, call);
        } catch (IsobarException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return null;
            }
            throw e;
        }
    }

    /** Every shard that is still retained, closed ones too. */
    List<Shard> shards(String physical, String operation, String stream) {
        List<Shard> shards = new ArrayList<>();
        ListShardsRequest request =
                ListShardsRequest.builder().streamName(physical).build();
        while (true) {
            ListShardsRequest page = request;
            ListShardsResponse answer = call(operation, stream, c -> c.listShards(page));
            shards.addAll(answer.shards());
            if (answer.nextToken() == null) {
                return shards;
            }
            request = ListShardsRequest.builder().nextToken(answer.nextToken()).build();
        }
    }

    IsobarException translate(Throwable thrown, String operation, String resource) {
        return AwsErrors.translate(thrown, instance, "EventStream", operation, resource);
    }

    IsobarException cancelled(String operation, String resource) {
        return error(ErrorCode.CANCELLED, "Interrupted while waiting for Kinesis", operation, resource)
                .build();
    }

    IsobarException.Builder error(ErrorCode code, String message, String operation, String resource) {
        return IsobarException.of(code, message)
                .adapter(instance)
                .at("EventStream", operation)
                .resource(resource);
    }
}
