package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.cloud.bigquery.storage.v1.AppendRowsRequest;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsRequest;
import com.google.cloud.bigquery.storage.v1.BatchCommitWriteStreamsResponse;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteGrpc.BigQueryWriteImplBase;
import com.google.cloud.bigquery.storage.v1.CreateWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.FinalizeWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.FinalizeWriteStreamResponse;
import com.google.cloud.bigquery.storage.v1.GetWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.RowError;
import com.google.cloud.bigquery.storage.v1.StorageError;
import com.google.cloud.bigquery.storage.v1.StorageError.StorageErrorCode;
import com.google.cloud.bigquery.storage.v1.TableFieldSchema;
import com.google.cloud.bigquery.storage.v1.TableSchema;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.protobuf.ByteString;
import com.google.protobuf.Int64Value;
import com.google.protobuf.Timestamp;
import dev.isobar.emulator.gcp.bigquery.Catalog.Name;
import dev.isobar.emulator.gcp.bigquery.Catalog.Table;
import dev.isobar.emulator.gcp.bigquery.RowDecoder.BadRow;
import dev.isobar.emulator.gcp.bigquery.Warehouse.Kind;
import dev.isobar.emulator.gcp.bigquery.Warehouse.Work;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.duckdb.DuckDBAppender;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Storage Write API: streams that are PENDING or COMMITTED, and each table's default one. Rows of a pending stream lie beside the table until it is committed; a commit
 * of several is one transaction. A stream that was never committed stays until its table goes. Not there: BUFFERED streams, Arrow, changes (CDC).
 *
 * @see <a href="https://cloud.google.com/bigquery/docs/reference/storage/rpc/google.cloud.bigquery.storage.v1#bigquerywrite">BigQueryWrite</a>
 */
final class WriteService extends BigQueryWriteImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(WriteService.class);
    private static final Pattern TABLE = Pattern.compile("projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)");
    private static final String STREAMS = "/streams/";
    private static final String DEFAULT = "_default";

    /** Of an append request. */
    private static final int MAX_REQUEST = 20 << 20;

    private final Warehouse warehouse;
    private final Catalog catalog;

    WriteService(Warehouse warehouse, Catalog catalog) {
        this.warehouse = warehouse;
        this.catalog = catalog;
    }

    private <T> void answer(StreamObserver<T> to, Work<T> work) {
        T answer;
        try {
            answer = warehouse.change(work);
        } catch (RuntimeException e) {
            to.onError(status(e));
            return;
        }
        to.onNext(answer);
        to.onCompleted();
    }

    private static StatusRuntimeException status(RuntimeException e) {
        if (e instanceof StatusRuntimeException refused) {
            return refused;
        }
        if (e instanceof Refusal refusal) {
            return refusal.status() == 404
                    ? Refused.notFound(String.valueOf(refusal.getMessage()))
                    : Refused.invalid(String.valueOf(refusal.getMessage()));
        }
        LOG.error("The emulator failed", e);
        return Status.INTERNAL.withDescription(e.toString()).withCause(e).asRuntimeException();
    }

    private static Name name(String table) {
        Matcher parts = TABLE.matcher(table);
        if (!parts.matches()) {
            throw Refused.invalid("Invalid table name: " + table);
        }
        return new Name(parts.group(1), parts.group(2), parts.group(3));
    }

    private static String tableOf(String stream) {
        int at = stream.indexOf(STREAMS);
        if (at < 0) {
            throw Refused.invalid("Invalid stream name: " + stream);
        }
        return stream.substring(0, at);
    }

    @Override
    public void createWriteStream(CreateWriteStreamRequest request, StreamObserver<WriteStream> to) {
        answer(to, () -> {
            Table table = catalog.table(name(request.getParent()));
            WriteStream.Type type = request.getWriteStream().getType();
            if (type == WriteStream.Type.BUFFERED) {
                throw Refused.notHere("A BUFFERED stream");
            }
            if (type != WriteStream.Type.PENDING && type != WriteStream.Type.COMMITTED) {
                throw Refused.invalid("The write stream's type must be set.");
            }
            ObjectNode stream = JsonNodeFactory.instance.objectNode();
            String name =
                    request.getParent() + STREAMS + UUID.randomUUID().toString().replace("-", "");
            stream.put("name", name).put("type", type.name()).put("created", catalog.now());
            stream.put("rows", 0L).put("finalized", false);
            if (type == WriteStream.Type.PENDING) {
                String staged = "s" + warehouse.fresh();
                warehouse.execute("CREATE TABLE \"" + staged + "\" (" + Catalog.definition(table.columns()) + ")");
                stream.put("staged", staged);
            }
            warehouse.put(Kind.STREAM, name, stream);
            return shown(stream, table);
        });
    }

    @Override
    public void getWriteStream(GetWriteStreamRequest request, StreamObserver<WriteStream> to) {
        answer(to, () -> shown(stream(request.getName()), catalog.table(name(tableOf(request.getName())))));
    }

    private ObjectNode stream(String name) throws SQLException {
        Table table = catalog.table(name(tableOf(name)));
        if (name.endsWith(STREAMS + DEFAULT)) {
            ObjectNode stream = JsonNodeFactory.instance.objectNode();
            return stream.put("name", name)
                    .put("type", WriteStream.Type.COMMITTED.name())
                    .put("created", 0L)
                    .put("finalized", false);
        }
        return warehouse
                .document(Kind.STREAM, name)
                .orElseThrow(() -> Refused.noStream(name + " of " + table.name().key()));
    }

    private static WriteStream shown(ObjectNode stream, Table table) {
        WriteStream.Builder shown = WriteStream.newBuilder()
                .setName(stream.path("name").asText())
                .setType(WriteStream.Type.valueOf(stream.path("type").asText()))
                .setWriteMode(WriteStream.WriteMode.INSERT)
                .setLocation(table.location())
                .setCreateTime(time(stream.path("created").asLong()));
        if (stream.has("committed")) {
            shown.setCommitTime(time(stream.path("committed").asLong()));
        }
        TableSchema.Builder schema = TableSchema.newBuilder();
        for (Column column : table.columns()) {
            schema.addFields(TableFieldSchema.newBuilder()
                    .setName(column.name())
                    .setMode(column.required() ? TableFieldSchema.Mode.REQUIRED : TableFieldSchema.Mode.NULLABLE)
                    .setType(
                            switch (column.type()) {
                                case STRING -> TableFieldSchema.Type.STRING;
                                case BYTES -> TableFieldSchema.Type.BYTES;
                                case INT64 -> TableFieldSchema.Type.INT64;
                                case FLOAT64 -> TableFieldSchema.Type.DOUBLE;
                                case BOOL -> TableFieldSchema.Type.BOOL;
                                case TIMESTAMP -> TableFieldSchema.Type.TIMESTAMP;
                                case DATETIME -> TableFieldSchema.Type.DATETIME;
                                case DATE -> TableFieldSchema.Type.DATE;
                            }));
        }
        return shown.setTableSchema(schema).build();
    }

    private static Timestamp time(long millis) {
        return Timestamp.newBuilder()
                .setSeconds(Math.floorDiv(millis, 1_000))
                .setNanos((int) Math.floorMod(millis, 1_000) * 1_000_000)
                .build();
    }

    @Override
    public void finalizeWriteStream(
            FinalizeWriteStreamRequest request, StreamObserver<FinalizeWriteStreamResponse> to) {
        answer(to, () -> {
            ObjectNode stream = stream(request.getName());
            if (!stream.has("rows")) {
                throw Refused.invalid("The default stream cannot be finalized.");
            }
            stream.put("finalized", true);
            warehouse.put(Kind.STREAM, request.getName(), stream);
            return FinalizeWriteStreamResponse.newBuilder()
                    .setRowCount(stream.path("rows").asLong())
                    .build();
        });
    }

    @Override
    public void batchCommitWriteStreams(
            BatchCommitWriteStreamsRequest request, StreamObserver<BatchCommitWriteStreamsResponse> to) {
        answer(to, () -> {
            Table table = catalog.table(name(request.getParent()));
            if (request.getWriteStreamsCount() == 0) {
                throw Refused.invalid("There are no streams to commit.");
            }
            BatchCommitWriteStreamsResponse.Builder answer = BatchCommitWriteStreamsResponse.newBuilder();
            List<ObjectNode> streams = new ArrayList<>();
            for (String name : request.getWriteStreamsList()) {
                if (!tableOf(name).equals(request.getParent())) {
                    throw Refused.invalid("The stream " + name + " is not of the table " + request.getParent());
                }
                ObjectNode stream = warehouse.document(Kind.STREAM, name).orElse(null);
                StorageErrorCode why = unfit(stream);
                if (why != null || stream == null) {
                    answer.addStreamErrors(StorageError.newBuilder()
                            .setCode(why)
                            .setEntity(name)
                            .setErrorMessage("The stream cannot be committed: " + why));
                } else {
                    streams.add(stream);
                }
            }
            if (answer.getStreamErrorsCount() > 0) {
                return answer.build();
            }
            long now = catalog.now();
            String columns = String.join(
                    ", ", table.columns().stream().map(Column::quoted).toList());
            for (ObjectNode stream : streams) {
                String staged = stream.path("staged").asText();
                // Columns that the table got since are null.
                warehouse.execute("INSERT INTO " + table.quoted() + " BY NAME SELECT * FROM \"" + staged + "\"");
                warehouse.execute("DROP TABLE \"" + staged + "\"");
                stream.remove("staged");
                stream.put("committed", now);
                warehouse.put(Kind.STREAM, stream.path("name").asText(), stream);
            }
            LOG.debug(
                    "Committed {} streams of {} ({})",
                    streams.size(),
                    table.name().key(),
                    columns);
            return answer.setCommitTime(time(now)).build();
        });
    }

    private static @Nullable StorageErrorCode unfit(@Nullable ObjectNode stream) {
        if (stream == null) {
            return StorageErrorCode.STREAM_NOT_FOUND;
        }
        if (!stream.path("type").asText().equals(WriteStream.Type.PENDING.name())) {
            return StorageErrorCode.INVALID_STREAM_TYPE;
        }
        if (stream.has("committed")) {
            return StorageErrorCode.STREAM_ALREADY_COMMITTED;
        }
        return stream.path("finalized").asBoolean() ? null : StorageErrorCode.INVALID_STREAM_STATE;
    }

    @Override
    public StreamObserver<AppendRowsRequest> appendRows(StreamObserver<AppendRowsResponse> to) {
        return new Connection(to);
    }

    /** One connection; its requests come one behind the other. */
    private final class Connection implements StreamObserver<AppendRowsRequest> {
        private final StreamObserver<AppendRowsResponse> to;
        private String stream = "";
        private @Nullable RowDecoder decoder;
        private boolean ended;

        Connection(StreamObserver<AppendRowsResponse> to) {
            this.to = to;
        }

        @Override
        public void onNext(AppendRowsRequest request) {
            if (ended) {
                return;
            }
            AppendRowsResponse answer;
            try {
                answer = append(request);
            } catch (RuntimeException e) {
                ended = true;
                to.onError(status(e));
                return;
            }
            to.onNext(answer);
        }

        private AppendRowsResponse append(AppendRowsRequest request) {
            if (request.getSerializedSize() > MAX_REQUEST) {
                throw Refused.invalid("The append request is larger than " + MAX_REQUEST + " bytes.");
            }
            if (!request.hasProtoRows()) {
                throw Refused.notHere("A row that is no protocol buffer");
            }
            if (!request.getWriteStream().isEmpty() && !request.getWriteStream().equals(stream)) {
                stream = request.getWriteStream();
                decoder = null;
            }
            if (stream.isEmpty()) {
                throw Refused.invalid("The first request of a connection must name the write stream.");
            }
            return warehouse.change(() -> {
                ObjectNode document = stream(stream);
                Table table = catalog.table(name(tableOf(stream)));
                if (request.getProtoRows().hasWriterSchema()) {
                    decoder = new RowDecoder(
                            request.getProtoRows().getWriterSchema().getProtoDescriptor(), table.columns());
                }
                RowDecoder with = decoder;
                if (with == null) {
                    throw Refused.invalid("The first request for a stream must have the writer's schema.");
                }
                return append(request, document, table, with);
            });
        }

        private AppendRowsResponse append(AppendRowsRequest request, ObjectNode document, Table table, RowDecoder with)
                throws SQLException {
            AppendRowsResponse.Builder answer = AppendRowsResponse.newBuilder().setWriteStream(stream);
            boolean counted = document.has("rows");
            if (document.path("finalized").asBoolean()) {
                return answer.setError(Refused.finalized(stream)).build();
            }
            long there = document.path("rows").asLong();
            if (request.hasOffset()) {
                if (!counted) {
                    throw Refused.invalid("The default stream takes no offsets.");
                }
                long offset = request.getOffset().getValue();
                if (offset != there) {
                    return answer.setError(Refused.offset(offset < there, stream, there, offset))
                            .build();
                }
            }
            List<@Nullable Object[]> rows = new ArrayList<>();
            List<ByteString> sent = request.getProtoRows().getRows().getSerializedRowsList();
            for (int i = 0; i < sent.size(); i++) {
                try {
                    rows.add(with.decode(sent.get(i)));
                } catch (BadRow e) {
                    answer.addRowErrors(RowError.newBuilder()
                            .setIndex(i)
                            .setCode(RowError.RowErrorCode.FIELDS_ERROR)
                            .setMessage(e.getMessage()));
                }
            }
            if (answer.getRowErrorsCount() > 0) {
                return answer.setError(com.google.rpc.Status.newBuilder()
                                .setCode(Status.Code.INVALID_ARGUMENT.value())
                                .setMessage(
                                        "Errors found while processing rows. Please refer to the row_errors field for details. The list may not be complete because of the size limitations. Entity: "
                                                + stream))
                        .build();
            }
            String into = document.path("staged").asText(table.physical());
            try (DuckDBAppender appender = warehouse.appender(into)) {
                for (@Nullable Object[] row : rows) {
                    RowDecoder.append(row, appender);
                }
            }
            AppendRowsResponse.AppendResult.Builder result = AppendRowsResponse.AppendResult.newBuilder();
            if (counted) {
                document.put("rows", there + rows.size());
                warehouse.put(Kind.STREAM, stream, document);
                result.setOffset(Int64Value.of(there));
            }
            return answer.setAppendResult(result).build();
        }

        @Override
        public void onError(Throwable hungUp) {
            ended = true;
        }

        @Override
        public void onCompleted() {
            if (!ended) {
                to.onCompleted();
            }
        }
    }
}
