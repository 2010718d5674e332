package dev.isobar.benchmarks.gcp;

import dev.isobar.benchmarks.layer.Arrived;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.emulator.gcp.wire.EmulatorServer;
import dev.isobar.emulator.gcp.wire.HttpAnswer;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Answers what the comparison asks of Pub/Sub and Cloud Storage at once, without keeping anything but a digest. No emulator: names and conditions are not looked at.
 */
final class Responder {
    /** Where it says Pub/Sub's port. */
    static final String PUBSUB = "/~pubsub";

    private static final int MAX_INBOUND = 20 << 20;

    private Responder() {}

    /** Listens on free ports of loopback; returns that of Cloud Storage. */
    static int start() throws IOException {
        Arrived arrived = new Arrived();
        Subscriptions subscriptions = new Subscriptions();
        Server pubsub = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .maxInboundMessageSize(MAX_INBOUND)
                .addService(new Topics(arrived))
                .addService(subscriptions)
                .build()
                .start();
        StorageAnswers storage = new StorageAnswers(arrived);
        return EmulatorServer.start(0, call -> switch (call.path()) {
                    case Other.ARRIVED -> text(take(arrived));
                    case PUBSUB -> text(Integer.toString(pubsub.getPort()));
                    default -> storage.answer(call);
                })
                .uri()
                .getPort();
    }

    private static String take(Arrived arrived) {
        synchronized (arrived) {
            return arrived.take();
        }
    }

    private static HttpAnswer text(String text) {
        return HttpAnswer.of(200, "text/plain", Map.of(), text.getBytes(StandardCharsets.UTF_8));
    }
}
