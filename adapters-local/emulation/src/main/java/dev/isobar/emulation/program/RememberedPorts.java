package dev.isobar.emulation.program;

import dev.isobar.emulation.process.Ports;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * The ports that services had the last time: what knows a service by its address, such as a container that is started again, finds it there. A port that somebody
 * else has by now is replaced. Not thread safe.
 */
public final class RememberedPorts {
    private final Path file;
    private final Properties ports = new Properties();

    /** Those of a file, which need not exist. */
    public RememberedPorts(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                ports.load(reader);
            }
        }
    }

    /** The port of a service, free a moment ago. */
    public int of(String service) throws IOException {
        int known = Integer.parseInt(ports.getProperty(service, "0"));
        int port = known != 0 && isFree(known) ? known : Ports.free();
        if (port != known) {
            ports.setProperty(service, Integer.toString(port));
            try (Writer writer = Files.newBufferedWriter(file)) {
                ports.store(writer, null);
            }
        }
        return port;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
