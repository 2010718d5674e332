package dev.isobar.gcp.bigtable;

import com.google.bigtable.v2.MutateRowsRequest;
import com.google.bigtable.v2.MutateRowsResponse;
import com.google.bigtable.v2.ReadRowsRequest;
import com.google.bigtable.v2.ReadRowsResponse;
import com.google.bigtable.v2.RowSet;
import com.google.protobuf.ByteString;
import dev.isobar.conformance.online.Turns;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Does the rows of a request one by one in random order, with others in between, as the service is free to; what is about one row goes as it is, in turn. */
final class Torn implements ClientInterceptor {
    private final Runnable before;
    private final @Nullable Random order;

    Torn(Turns turns, long seed) {
        this(turns::pass, new Random(seed));
    }

    /**
     * The same with something done before each part.
     *
     * @param order null for that of the request
     */
    Torn(Runnable before, @Nullable Random order) {
        this.before = before;
        this.order = order;
    }

    private synchronized <T> List<T> shuffled(List<T> things) {
        List<T> all = new ArrayList<>(things);
        if (order != null) {
            Collections.shuffle(all, order);
        }
        return all;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel channel) {
        return new TornCall<>(method, options, channel);
    }

    private final class TornCall<Q, A> extends ClientCall<Q, A> {
        private final MethodDescriptor<Q, A> method;
        private final CallOptions options;
        private final Channel channel;
        private @Nullable Listener<A> listener;
        private @Nullable Q request;
        private int wanted;
        private @Nullable List<A> answers;
        private @Nullable Status failure;
        private boolean closed;

        TornCall(MethodDescriptor<Q, A> method, CallOptions options, Channel channel) {
            this.method = method;
            this.options = options;
            this.channel = channel;
        }

        @Override
        public void start(Listener<A> responses, Metadata headers) {
            listener = responses;
        }

        @Override
        public void sendMessage(Q message) {
            request = message;
        }

        @Override
        public void halfClose() {
            try {
                List<A> all = answers(request);
                synchronized (this) {
                    answers = new ArrayList<>(all);
                }
            } catch (io.grpc.StatusRuntimeException e) {
                synchronized (this) {
                    answers = new ArrayList<>();
                    failure = e.getStatus();
                }
            }
            deliver();
        }

        @Override
        public void request(int count) {
            synchronized (this) {
                wanted += count;
            }
            deliver();
        }

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        private void deliver() {
            while (true) {
                A answer = null;
                Listener<A> to;
                Status end = null;
                synchronized (this) {
                    to = listener;
                    if (answers == null || to == null || closed) {
                        return;
                    }
                    if (answers.isEmpty()) {
                        closed = true;
                        end = failure == null ? Status.OK : failure;
                    } else if (wanted > 0) {
                        wanted--;
                        answer = answers.remove(0);
                    } else {
                        return;
                    }
                }
                if (end != null) {
                    to.onClose(end, new Metadata());
                } else if (answer != null) {
                    to.onMessage(answer);
                }
            }
        }

        private List<A> answers(@Nullable Q asked) {
            if (asked instanceof ReadRowsRequest read && read.getRows().getRowKeysCount() > 1) {
                Map<ByteString, ReadRowsResponse> rows = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
                for (ByteString key : shuffled(read.getRows().getRowKeysList())) {
                    ReadRowsResponse.Builder row = ReadRowsResponse.newBuilder();
                    one(read.toBuilder()
                                    .setRows(RowSet.newBuilder().addRowKeys(key))
                                    .build())
                            .forEach(answer -> row.addAllChunks(((ReadRowsResponse) answer).getChunksList()));
                    rows.put(key, row.build());
                }
                ReadRowsResponse.Builder all = ReadRowsResponse.newBuilder();
                rows.values().forEach(row -> all.addAllChunks(row.getChunksList()));
                return List.of(typed(all.build()));
            }
            if (asked instanceof MutateRowsRequest mutate && mutate.getEntriesCount() > 1) {
                MutateRowsResponse.Builder all = MutateRowsResponse.newBuilder();
                for (MutateRowsRequest.Entry entry : shuffled(mutate.getEntriesList())) {
                    one(mutate.toBuilder().clearEntries().addEntries(entry).build());
                }
                for (int i = 0; i < mutate.getEntriesCount(); i++) {
                    all.addEntriesBuilder().setIndex(i).getStatusBuilder();
                }
                return List.of(typed(all.build()));
            }
            return one(asked);
        }

        private List<A> one(@Nullable Object message) {
            before.run();
            Iterator<A> stream = ClientCalls.blockingServerStreamingCall(channel, method, options, request(message));
            List<A> all = new ArrayList<>();
            stream.forEachRemaining(all::add);
            return all;
        }

        @SuppressWarnings("unchecked")
        private Q request(@Nullable Object message) {
            return (Q) message;
        }

        @SuppressWarnings("unchecked")
        private A typed(Object message) {
            return (A) message;
        }
    }
}
