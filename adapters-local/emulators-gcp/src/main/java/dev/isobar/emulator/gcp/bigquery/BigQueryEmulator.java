package dev.isobar.emulator.gcp.bigquery;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulator.gcp.bigquery.Warehouse.Kind;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.HttpService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * BigQuery on this machine: REST on one port of the loopback interface, the Storage Write API on another, one DuckDB file behind both. What a call has been answered for
 * survives the process.
 */
public final class BigQueryEmulator implements AutoCloseable {
    /** More than an append may have, so that the service's own rule refuses it. */
    private static final int MAX_INBOUND = 32 << 20;

    private final Warehouse warehouse;
    private final Catalog catalog;
    private final EmulatorServer rest;
    private final Server write;

    private BigQueryEmulator(Warehouse warehouse, Catalog catalog, EmulatorServer rest, Server write) {
        this.warehouse = warehouse;
        this.catalog = catalog;
        this.rest = rest;
        this.write = write;
    }

    /**
     * Starts.
     *
     * @param folder its state; what an earlier process left there goes on
     * @param restPort 0 for any that is free
     * @param writePort 0 for any that is free
     */
    static BigQueryEmulator start(Path folder, int restPort, int writePort) throws IOException {
        return start(folder, restPort, writePort, null, UnaryOperator.identity(), List.of());
    }

    /**
     * The same, with a Cloud Storage.
     *
     * @param storage where the Cloud Storage is whose objects load jobs read
     */
    public static BigQueryEmulator start(Path folder, int restPort, int writePort, URI storage) throws IOException {
        return start(folder, restPort, writePort, storage, UnaryOperator.identity(), List.of());
    }

    /**
     * The same, with something around the calls of both.
     *
     * @param storage null for none
     * @param around REST
     * @param interceptors of the Storage Write API; the first one sees a call first
     */
    public static BigQueryEmulator start(
            Path folder,
            int restPort,
            int writePort,
            @Nullable URI storage,
            UnaryOperator<HttpService> around,
            List<ServerInterceptor> interceptors)
            throws IOException {
        Warehouse warehouse = Warehouse.open(folder);
        Catalog catalog = new Catalog(warehouse, Clock.systemUTC());
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), writePort))
                .maxInboundMessageSize(MAX_INBOUND)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(new WriteService(warehouse, catalog));
        // gRPC calls the interceptor that was added last first.
        for (int i = interceptors.size() - 1; i >= 0; i--) {
            builder.intercept(interceptors.get(i));
        }
        EmulatorServer rest = null;
        try {
            rest = EmulatorServer.start(
                    restPort, around.apply(new BigQueryService(warehouse, catalog, new Objects(storage))));
            return new BigQueryEmulator(
                    warehouse, catalog, rest, builder.build().start());
        } catch (IOException e) {
            if (rest != null) {
                rest.close();
            }
            warehouse.close();
            throw e;
        }
    }

    /** Makes a dataset, unless it is there. */
    public void makeDataset(String project, String dataset, String location) {
        ObjectNode body = JsonNodeFactory.instance.objectNode().put("location", location);
        body.putObject("datasetReference").put("datasetId", dataset);
        warehouse.change(
                () -> warehouse.document(Kind.DATASET, project + ":" + dataset).orElse(null) == null
                        ? catalog.insertDataset(project, body)
                        : body);
    }

    /** The address of the REST interface. */
    public String endpoint() {
        return rest.uri().toString();
    }

    /** The address of the Storage Write API. */
    public String writeEndpoint() {
        return "http://127.0.0.1:" + write.getPort();
    }

    @Override
    public void close() {
        rest.close();
        write.shutdownNow();
        try {
            write.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        warehouse.close();
    }
}
