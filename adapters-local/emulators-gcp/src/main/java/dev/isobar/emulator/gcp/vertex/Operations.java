package dev.isobar.emulator.gcp.vertex;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.cloud.aiplatform.v1.GenericOperationMetadata;
import com.google.longrunning.DeleteOperationRequest;
import com.google.longrunning.GetOperationRequest;
import com.google.longrunning.ListOperationsRequest;
import com.google.longrunning.ListOperationsResponse;
import com.google.longrunning.Operation;
import com.google.longrunning.OperationsGrpc;
import com.google.longrunning.WaitOperationRequest;
import com.google.protobuf.Any;
import com.google.protobuf.Empty;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.Status;
import dev.isobar.emulation.state.Documents;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Long-running operations: each is on record before it begins. What a killed emulator left running has failed. Thread safe. */
final class Operations extends OperationsGrpc.OperationsImplBase implements AutoCloseable {
    private static final int UNAVAILABLE = 14;

    private final Account account;
    private final Documents documents;
    private final ExecutorService threads;

    Operations(Account account, Path folder) throws IOException {
        this.account = account;
        this.documents = Documents.open(folder);
        AtomicInteger count = new AtomicInteger();
        this.threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "vertex-operation-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        for (ObjectNode document : documents.all()) {
            Operation left = read(document);
            if (!left.getDone()) {
                save(left.toBuilder()
                        .setDone(true)
                        .setError(Status.newBuilder()
                                .setCode(UNAVAILABLE)
                                .setMessage("The emulator went down while this was under way."))
                        .build());
            }
        }
    }

    /** What an operation does; it may refuse as a call does. */
    interface Work {
        Message run() throws InterruptedException;
    }

    /**
     * Begins an operation.
     *
     * @param resource what it is about
     * @param metadata of its kind, from the generic part
     */
    Operation start(String resource, Function<GenericOperationMetadata, Message> metadata, Work work) {
        GenericOperationMetadata generic = GenericOperationMetadata.newBuilder()
                .setCreateTime(Account.now())
                .setUpdateTime(Account.now())
                .build();
        Operation begun = Operation.newBuilder()
                .setName(resource + "/operations/"
                        + Math.abs(ThreadLocalRandom.current().nextLong() >> 2))
                .setMetadata(Any.pack(metadata.apply(generic)))
                .build();
        save(begun);
        threads.execute(() -> {
            Operation.Builder end = begun.toBuilder();
            try {
                end.setResponse(Any.pack(work.run()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return; // said to have failed by the next emulator
            } catch (RuntimeException e) {
                StatusRuntimeException refused = Answers.status(e);
                end.setError(Status.newBuilder()
                        .setCode(refused.getStatus().getCode().value())
                        .setMessage(String.valueOf(refused.getStatus().getDescription())));
            }
            end.setMetadata(Any.pack(metadata.apply(
                    generic.toBuilder().setUpdateTime(Account.now()).build())));
            save(end.setDone(true).build());
        });
        return begun;
    }

    @Override
    public void getOperation(GetOperationRequest request, StreamObserver<Operation> to) {
        Answers.answer(to, () -> find(request.getName()));
    }

    @Override
    public void waitOperation(WaitOperationRequest request, StreamObserver<Operation> to) {
        // "At most": at once is allowed.
        Answers.answer(to, () -> find(request.getName()));
    }

    @Override
    public void listOperations(ListOperationsRequest request, StreamObserver<ListOperationsResponse> to) {
        Answers.answer(to, () -> {
            String parent = account.allow("aiplatform.operations.list", "name", request.getName());
            List<Operation> all = documents.all().stream()
                    .map(Operations::read)
                    .filter(o -> o.getName().startsWith(parent + "/"))
                    .toList();
            return Answers.page(
                    all,
                    request.getPageSize(),
                    request.getPageToken(),
                    (page, next) -> ListOperationsResponse.newBuilder()
                            .addAllOperations(page)
                            .setNextPageToken(next)
                            .build());
        });
    }

    @Override
    public void deleteOperation(DeleteOperationRequest request, StreamObserver<Empty> to) {
        Answers.answer(to, () -> {
            documents.delete(find(request.getName()).getName());
            return Empty.getDefaultInstance();
        });
    }

    private Operation find(String name) {
        String full = account.allow("aiplatform.operations.get", "name", name);
        return documents.get(full).map(Operations::read).orElseThrow(() -> Refused.notFound("Operation", name));
    }

    private void save(Operation operation) {
        documents.put(
                operation.getName(),
                JsonNodeFactory.instance
                        .objectNode()
                        .put("name", operation.getName())
                        .put("done", operation.getDone())
                        .put("message", Base64.getEncoder().encodeToString(operation.toByteArray())));
    }

    private static Operation read(ObjectNode document) {
        try {
            return Operation.parseFrom(
                    Base64.getDecoder().decode(document.path("message").asText()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
