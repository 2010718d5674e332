package dev.isobar.emulator.gcp.vertex;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers calls, and lists in pages. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final int PAGE = 50;
    private static final int MAX_PAGE = 100;

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
        return Status.INTERNAL
                .withDescription("Internal error encountered. (" + e + ")")
                .withCause(e)
                .asRuntimeException();
    }

    /** One page; a token is the number of those that were given. */
    static <T, R> R page(List<T> all, int size, String token, BiFunction<List<T>, String, R> made) {
        if (size < 0) {
            throw Refused.field("page_size", "Page size must not be negative.");
        }
        int from;
        try {
            from = token.isEmpty() ? 0 : Integer.parseUnsignedInt(token);
        } catch (NumberFormatException e) {
            throw Refused.field("page_token", "Invalid page token.");
        }
        int to = Math.min(all.size(), from + (size == 0 ? PAGE : Math.min(size, MAX_PAGE)));
        List<T> page = all.subList(Math.min(from, to), to);
        return made.apply(page, to < all.size() ? Integer.toString(to) : "");
    }
}
