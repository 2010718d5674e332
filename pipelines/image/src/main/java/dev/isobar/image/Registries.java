package dev.isobar.image;

import com.google.cloud.tools.jib.api.Credential;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who we are to registries. For the registry that is pushed to, {@code ISOBAR_REGISTRY_USER} and {@code ISOBAR_REGISTRY_PASSWORD} come first; for any
 * registry what Docker or Podman has been told: {@code $DOCKER_CONFIG/config.json} or {@code ~/.docker/config.json},
 * {@code $XDG_RUNTIME_DIR/containers/auth.json}, and credential helpers. Thread safe.
 */
final class Registries {
    static final String USER = "ISOBAR_REGISTRY_USER";
    static final String PASSWORD = "ISOBAR_REGISTRY_PASSWORD";

    private static final int HTTPS = 443;
    private static final int PATIENCE_MILLIS = 10_000;

    private final Map<String, String> environment;

    Registries(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /**
     * An image with its credentials.
     *
     * @param target the image that is pushed, null if none is: the environment's credentials are meant for its registry and are sent to no other
     * @throws IsobarException {@code INVALID_CONFIGURATION} if only one of the two variables is set
     */
    RegistryImage image(ImageReference image, @Nullable ImageReference target) {
        RegistryImage named = RegistryImage.named(image);
        String user = environment.getOrDefault(USER, "");
        String password = environment.getOrDefault(PASSWORD, "");
        if (user.isEmpty() != password.isEmpty()) {
            throw IsobarException.of(
                            ErrorCode.INVALID_CONFIGURATION,
                            "Of " + USER + " and " + PASSWORD + " only " + (user.isEmpty() ? PASSWORD : USER)
                                    + " is set")
                    .hint("Set both, or neither to use Docker's configuration.")
                    .build();
        }
        CredentialRetrieverFactory factory = CredentialRetrieverFactory.forImage(image, event -> {}, environment);
        if (!user.isEmpty() && target != null && target.getRegistry().equals(image.getRegistry())) {
            named.addCredentialRetriever(factory.known(Credential.from(user, password), USER));
        }
        // Jib itself looks in the home folder only
        String docker = environment.get("DOCKER_CONFIG");
        named.addCredentialRetriever(
                docker == null ? factory.dockerConfig() : factory.dockerConfig(Path.of(docker, "config.json")));
        String runtime = environment.get("XDG_RUNTIME_DIR");
        if (runtime != null) {
            named.addCredentialRetriever(factory.dockerConfig(Path.of(runtime, "containers", "auth.json")));
        }
        return named.addCredentialRetriever(factory.wellKnownCredentialHelpers());
    }

    /**
     * Whether plain HTTP and unknown certificates may be accepted: only if no registry other than on this machine is asked, because Jib has one switch
     * for all of them.
     */
    static boolean mayBeInsecure(@Nullable ImageReference base, @Nullable ImageReference target) {
        return (base == null || isLoopback(base)) && (target == null || isLoopback(target));
    }

    /**
     * Throws if nobody listens where a registry should be. Jib would find out as well, after a minute of trying again.
     *
     * @param base whether it is the base image's registry, for the message
     */
    void reach(ImageReference image, boolean base) {
        String[] parts = image.getRegistry().split(":", 2);
        boolean proxied = System.getProperty("https.proxyHost") != null || System.getProperty("http.proxyHost") != null;
        if (proxied || (parts.length == 1 && isLoopback(image))) {
            return; // somebody else connects for us, or two ports are possible
        }
        int port = parts.length == 1 ? HTTPS : Integer.parseInt(parts[1]);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(parts[0]), port), PATIENCE_MILLIS);
        } catch (IOException e) {
            throw BuildErrors.unreachable(image.toString(), base, e);
        }
    }

    private static boolean isLoopback(ImageReference image) {
        String registry = image.getRegistry();
        int colon = registry.lastIndexOf(':');
        String host = colon < 0 ? registry : registry.substring(0, colon);
        return host.equals("localhost") || host.matches("127\\.\\d+\\.\\d+\\.\\d+");
    }
}
