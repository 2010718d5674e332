package dev.isobar.image;

import com.google.cloud.tools.jib.api.InsecureRegistryException;
import com.google.cloud.tools.jib.api.RegistryAuthenticationFailedException;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryUnauthorizedException;
import com.google.cloud.tools.jib.http.ResponseException;
import com.google.cloud.tools.jib.image.json.PlatformNotFoundInBaseImageException;
import com.google.cloud.tools.jib.registry.RegistryCredentialsNotSentException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Jib's errors in the terms of Isobar's; the one table of this module. Stateless. */
final class BuildErrors {
    private static final String LOGIN =
            "Log in with `docker login`, or set " + Registries.USER + " and " + Registries.PASSWORD
                    + " (for ECR: AWS and what `aws ecr get-login-password` prints).";

    private BuildErrors() {}

    /** What a user is told. */
    static IsobarException translate(ImagePlan plan, Exception e) {
        List<Throwable> chain = chain(e);
        Throwable deepest = chain.get(chain.size() - 1);
        boolean aboutBase = aboutBase(plan, chain);
        String image = aboutBase ? plan.baseOrDefault() : plan.to();
        String registry = (aboutBase ? "The registry of the base image " : "The registry of ") + image;
        if (any(chain, InsecureRegistryException.class::isInstance)
                || any(chain, RegistryCredentialsNotSentException.class::isInstance)
                || any(chain, SSLException.class::isInstance)) {
            return of(ErrorCode.UNAVAILABLE, registry + " speaks no HTTPS that this machine trusts: " + text(deepest), e)
                    .resource(image)
                    .retryable(false)
                    .hint("Plain HTTP is spoken only with registries on this machine, and only if the base image is not"
                            + " in another one: name a base image there, or a .tar file. A company's own authority belongs"
                            + " into the trust store of this Java.")
                    .build();
        }
        if (any(chain, BuildErrors::isNetwork)) {
            return of(ErrorCode.UNAVAILABLE, registry + " cannot be reached: " + text(deepest), e)
                    .resource(image)
                    .hint(
                            aboutBase
                                    ? "Check its name and the network, or name a file with --base FILE.tar"
                                            + " (`docker save` makes one where there is a network)."
                                    : "Check its name and the network, or write a file with --to FILE.tar and push that"
                                            + " from elsewhere.")
                    .build();
        }
        int status = status(chain);
        if (status == 403) {
            return of(ErrorCode.PERMISSION_DENIED, registry + " refuses what this identity asks: " + text(deepest), e)
                    .resource(image)
                    .hint(
                            aboutBase
                                    ? "Ask for the right to pull it."
                                    : "Ask for the right to push there (for ECR: ecr:PutImage, ecr:InitiateLayerUpload and"
                                            + " the others of AmazonEC2ContainerRegistryPowerUser).")
                    .build();
        }
        if (status == 401
                || any(chain, RegistryUnauthorizedException.class::isInstance)
                || any(chain, RegistryAuthenticationFailedException.class::isInstance)) {
            return of(ErrorCode.UNAUTHENTICATED, registry + " does not accept our credentials, or wants some", e)
                    .resource(image)
                    .hint(LOGIN)
                    .build();
        }
        if (status == 404) {
            return of(
                            ErrorCode.NOT_FOUND,
                            aboutBase
                                    ? "There is no base image " + image
                                    : "There is no repository for " + image + " in that registry",
                            e)
                    .resource(image)
                    .hint(
                            aboutBase
                                    ? "Check its name and tag; a private one may hide itself until you log in."
                                    : "Make the repository first (for ECR: aws ecr create-repository).")
                    .build();
        }
        if (status == 429) {
            return of(ErrorCode.THROTTLED, registry + " asks to slow down", e)
                    .resource(image)
                    .hint("Wait, or log in: registries allow more to those they know. What is here already stays.")
                    .build();
        }
        if (any(chain, PlatformNotFoundInBaseImageException.class::isInstance)) {
            return of(ErrorCode.INVALID_ARGUMENT, "The base image is not for linux/amd64: " + text(deepest), e)
                    .resource(image)
                    .hint("Name one that is.")
                    .build();
        }
        if (plan.baseIsFile() && any(chain, BuildErrors::isNoArchive)) {
            return of(ErrorCode.CORRUPT, "The base image is not what `docker save` writes: " + text(deepest), e)
                    .resource(plan.baseOrDefault())
                    .hint("Save it again with `docker save IMAGE > FILE.tar`; an OCI layout can be converted with"
                            + " `skopeo copy oci-archive:FILE.tar docker-archive:OTHER.tar`.")
                    .build();
        }
        if (status == 0 && !any(chain, RegistryException.class::isInstance)) {
            for (Throwable t : chain) {
                if (t instanceof IOException io && !(t instanceof ResponseException)) {
                    return IsobarException.io("making the image " + plan.to(), io);
                }
            }
        }
        return of(ErrorCode.UNAVAILABLE, "The image could not be made: " + text(e), e)
                .resource(image)
                .hint("Run the same command again; layers that are done are not made twice. --verbose says more.")
                .build();
    }

    private static IsobarException.Builder of(ErrorCode code, String message, Throwable cause) {
        return IsobarException.of(code, message).cause(cause);
    }

    private static boolean isNetwork(Throwable t) {
        return t instanceof UnknownHostException || t instanceof SocketException || t instanceof SocketTimeoutException;
    }

    private static boolean isNoArchive(Throwable t) {
        String text = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
        return (t instanceof NoSuchFileException && text.contains("manifest.json"))
                || t instanceof com.fasterxml.jackson.core.JsonProcessingException
                || text.contains("tar header")
                || text.contains("corrupted");
    }

    /** The status of the answer that ended it; 0 if none did. */
    private static int status(List<Throwable> chain) {
        for (Throwable t : chain) {
            if (t instanceof ResponseException response) {
                return response.getStatusCode();
            }
        }
        return 0;
    }

    /** Jib says in words whether it was pulling; a base that is no registry's image cannot be meant. */
    private static boolean aboutBase(ImagePlan plan, List<Throwable> chain) {
        if (plan.fromScratch() || plan.baseIsFile()) {
            return false;
        }
        if (plan.toFile()) {
            return true;
        }
        for (Throwable t : chain) {
            String text = String.valueOf(t.getMessage());
            if (t instanceof RegistryUnauthorizedException r) {
                return text(r.getImageReference(), plan.baseOrDefault());
            }
            if (t instanceof RegistryAuthenticationFailedException r) {
                return text(r.getServerUrl() + "/" + r.getImageName(), plan.baseOrDefault());
            }
            if (text.startsWith("Tried to ")) {
                return text.startsWith("Tried to pull") || text.contains("/manifests/") && text.contains("GET");
            }
        }
        return false;
    }

    /** Whether both name one repository, however much of Docker Hub's address is left out. */
    private static boolean text(@Nullable String told, String asked) {
        String short1 = strip(String.valueOf(told));
        String short2 = strip(asked);
        return short1.equals(short2);
    }

    private static String strip(String image) {
        return image.replaceFirst("^(https?://)?(registry-1\\.docker\\.io/|docker\\.io/)?(library/)?", "")
                .replaceFirst("[@].*$", "")
                .replaceFirst(":[^:/]+$", "");
    }

    private static List<Throwable> chain(Throwable e) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable t = e; t != null && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }

    private static boolean any(List<Throwable> chain, Predicate<Throwable> is) {
        return chain.stream().anyMatch(is);
    }

    private static String text(Throwable t) {
        String message = t.getMessage();
        String first = message == null ? "" : message.strip().lines().findFirst().orElse("");
        return first.isEmpty() ? t.getClass().getSimpleName() : first;
    }
}
