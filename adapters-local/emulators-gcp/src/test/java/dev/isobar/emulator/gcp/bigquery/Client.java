package dev.isobar.emulator.gcp.bigquery;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.cloud.NoCredentials;
import com.google.cloud.bigquery.BigQuery;
import com.google.cloud.bigquery.BigQueryOptions;
import com.google.cloud.bigquery.Field;
import com.google.cloud.bigquery.FieldValueList;
import com.google.cloud.bigquery.QueryJobConfiguration;
import com.google.cloud.bigquery.Schema;
import com.google.cloud.bigquery.StandardSQLTypeName;
import com.google.cloud.bigquery.StandardTableDefinition;
import com.google.cloud.bigquery.TableId;
import com.google.cloud.bigquery.TableInfo;
import com.google.cloud.bigquery.storage.v1.AppendRowsRequest;
import com.google.cloud.bigquery.storage.v1.AppendRowsResponse;
import com.google.cloud.bigquery.storage.v1.BigQueryWriteGrpc;
import com.google.cloud.bigquery.storage.v1.CreateWriteStreamRequest;
import com.google.cloud.bigquery.storage.v1.JsonStreamWriter;
import com.google.cloud.bigquery.storage.v1.ProtoRows;
import com.google.cloud.bigquery.storage.v1.ProtoSchema;
import com.google.cloud.bigquery.storage.v1.WriteStream;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Int64Value;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Google's own client of the REST interface, and the generated stubs of the Storage Write API. */
final class Client implements AutoCloseable {
    static final String PROJECT = "project";

    private final BigQuery bigquery;
    private final ManagedChannel channel;

    Client(String rest, String write) {
        this.bigquery = BigQueryOptions.newBuilder()
                .setProjectId(PROJECT)
                .setCredentials(NoCredentials.getInstance())
                .setHost(rest)
                .build()
                .getService();
        URI address = URI.create(write);
        this.channel = NettyChannelBuilder.forAddress(address.getHost(), address.getPort())
                .usePlaintext()
                .build();
    }

    BigQuery bigquery() {
        return bigquery;
    }

    BigQueryWriteGrpc.BigQueryWriteBlockingStub write() {
        return BigQueryWriteGrpc.newBlockingStub(channel);
    }

    /** A table of a text that must be there and a number. */
    String table(String id) {
        bigquery.create(TableInfo.of(
                TableId.of("eu", id),
                StandardTableDefinition.of(Schema.of(
                        Field.newBuilder("k", StandardSQLTypeName.STRING)
                                .setMode(Field.Mode.REQUIRED)
                                .build(),
                        Field.of("n", StandardSQLTypeName.INT64),
                        Field.of("x", StandardSQLTypeName.FLOAT64),
                        Field.of("at", StandardSQLTypeName.TIMESTAMP)))));
        return "projects/" + PROJECT + "/datasets/eu/tables/" + id;
    }

    String stream(String table, WriteStream.Type type) {
        return write().createWriteStream(CreateWriteStreamRequest.newBuilder()
                        .setParent(table)
                        .setWriteStream(WriteStream.newBuilder().setType(type))
                        .build())
                .getName();
    }

    /** What {@code k} and other fields of those types make. */
    static DescriptorProto descriptor(Object... namesAndTypes) {
        DescriptorProto.Builder row = DescriptorProto.newBuilder().setName("R");
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            row.addField(FieldDescriptorProto.newBuilder()
                    .setName((String) namesAndTypes[i])
                    .setNumber(i / 2 + 1)
                    .setType((FieldDescriptorProto.Type) namesAndTypes[i + 1])
                    .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL));
        }
        return row.build();
    }

    static final DescriptorProto PAIR =
            descriptor("k", FieldDescriptorProto.Type.TYPE_STRING, "n", FieldDescriptorProto.Type.TYPE_INT64);

    /** An append of rows; null for a field that is not there. */
    static AppendRowsRequest request(
            String stream, @Nullable Long offset, DescriptorProto type, @Nullable Object[]... rows) throws Exception {
        Descriptor descriptor = FileDescriptor.buildFrom(
                        FileDescriptorProto.newBuilder()
                                .setName("f")
                                .addMessageType(type)
                                .build(),
                        new FileDescriptor[0])
                .getMessageTypes()
                .get(0);
        ProtoRows.Builder encoded = ProtoRows.newBuilder();
        for (@Nullable Object[] row : rows) {
            DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor);
            for (int i = 0; i < row.length; i++) {
                if (row[i] != null) {
                    message.setField(descriptor.getFields().get(i), row[i]);
                }
            }
            encoded.addSerializedRows(message.build().toByteString());
        }
        AppendRowsRequest.Builder request = AppendRowsRequest.newBuilder()
                .setWriteStream(stream)
                .setProtoRows(AppendRowsRequest.ProtoData.newBuilder()
                        .setWriterSchema(ProtoSchema.newBuilder().setProtoDescriptor(type))
                        .setRows(encoded));
        if (offset != null) {
            request.setOffset(Int64Value.of(offset));
        }
        return request.build();
    }

    /** Appends over a connection of its own; the answers, or what broke the connection, in their order. */
    List<Object> append(AppendRowsRequest... requests) throws InterruptedException {
        BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
        StreamObserver<AppendRowsRequest> to = BigQueryWriteGrpc.newStub(channel)
                .appendRows(new StreamObserver<>() {
                    @Override
                    public void onNext(AppendRowsResponse answer) {
                        answers.add(answer);
                    }

                    @Override
                    public void onError(Throwable e) {
                        answers.add(e);
                    }

                    @Override
                    public void onCompleted() {
                        // Said by the number of answers.
                    }
                });
        List<Object> all = new ArrayList<>();
        for (AppendRowsRequest request : requests) {
            to.onNext(request);
            Object answer = answers.poll(10, TimeUnit.SECONDS);
            all.add(answer == null ? "nothing" : answer);
        }
        to.onCompleted();
        return all;
    }

    /** The rows of a query, cells joined by a bar. */
    List<String> rows(String sql) throws InterruptedException {
        List<String> rows = new ArrayList<>();
        for (FieldValueList row : bigquery.query(QueryJobConfiguration.of(sql)).iterateAll()) {
            rows.add(String.join(
                    "|",
                    row.stream()
                            .map(v -> v.isNull() ? "null" : v.getStringValue())
                            .toList()));
        }
        return rows;
    }

    /** Settings of Google's writer. */
    JsonStreamWriter json(String stream, String write) throws Exception {
        URI address = URI.create(write);
        var settings = com.google.cloud.bigquery.storage.v1.BigQueryWriteSettings.newBuilder()
                .setCredentialsProvider(NoCredentialsProvider.create())
                .setTransportChannelProvider(
                        com.google.cloud.bigquery.storage.v1.BigQueryWriteSettings.defaultGrpcTransportProviderBuilder()
                                .setEndpoint(address.getHost() + ":" + address.getPort())
                                .setChannelConfigurator(io.grpc.ManagedChannelBuilder::usePlaintext)
                                .build())
                .build();
        return JsonStreamWriter.newBuilder(
                        stream, com.google.cloud.bigquery.storage.v1.BigQueryWriteClient.create(settings))
                .build();
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
}
