package dev.isobar.emulator.gcp.pubsub;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers unary calls, and lists in pages. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final int PAGE = 100;
    private static final int MAX_PAGE = 1_000;

    private Answers() {}

    static <T> void answer(StreamObserver<T> to, Supplier<T> call) {
        T answer;
        try {
            answer = call.get();
        } catch (RuntimeException e) {
            to.onError(status(e));
            return;
        }
        to.onNext(answer);
        to.onCompleted();
    }

    /** What a client is told of an exception; what is no refusal is a defect of the emulator, and is logged. */
    static StatusRuntimeException status(RuntimeException e) {
        if (e instanceof StatusRuntimeException refused) {
            return refused;
        }
        LOG.error("The emulator failed", e);
        return Status.INTERNAL.withDescription(e.toString()).withCause(e).asRuntimeException();
    }

    /**
     * One page of sorted things.
     *
     * @param token behind which name the page begins
     * @param made from the page and the next token
     */
    static <T, R> R page(
            List<T> all, Function<T, String> name, int size, String token, BiFunction<List<T>, String, R> made) {
        if (size < 0) {
            throw Refused.invalid("Invalid page_size given: " + size + ".");
        }
        int limit = size == 0 ? PAGE : Math.min(size, MAX_PAGE);
        List<T> behind =
                all.stream().filter(t -> name.apply(t).compareTo(token) > 0).toList();
        List<T> page = behind.subList(0, Math.min(limit, behind.size()));
        return made.apply(page, page.size() < behind.size() ? name.apply(page.get(page.size() - 1)) : "");
    }
}
