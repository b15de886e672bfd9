using System.IO.Pipes;
using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace OrthancCloudFs.Program.Control;

/// <summary>Windows: a named pipe for the program's user, the system and the administrators.</summary>
[SupportedOSPlatform("windows")]
internal sealed class PipeControlChannel : ControlChannel
{
    /// <summary>For the moment between two connections, in which nobody listens; as long it takes to find that nobody does at all.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMilliseconds(500);

    public override ControlListener Listen(string mountPoint) => new Listener(PipeFor(mountPoint));

    public override async Task<Stream?> TryConnectAsync(string mountPoint, CancellationToken cancellationToken)
    {
        var pipe = new NamedPipeClientStream(
            ".", PipeFor(mountPoint), PipeDirection.InOut, PipeOptions.Asynchronous, TokenImpersonationLevel.Identification);
        try
        {
            await pipe.ConnectAsync(ConnectTimeout, cancellationToken).ConfigureAwait(false);
            return pipe;
        }
        catch (TimeoutException)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw new UnauthorizedAccessException($"the mount at {mountPoint} belongs to another account: run this as an administrator", e);
        }
        catch
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static string PipeFor(string mountPoint) => $"orthanc-cloudfs-{NameOf(mountPoint)}";

    private sealed class Listener : ControlListener
    {
        private readonly string _name;
        private NamedPipeServerStream _next;

        public Listener(string name)
        {
            _name = name;
            _next = Create(PipeOptions.FirstPipeInstance); // nobody else may answer in our name
        }

        public override async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
        {
            NamedPipeServerStream connected = _next;
            try
            {
                await connected.WaitForConnectionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                throw new OperationCanceledException("the pipe is closed", e);
            }

            _next = Create(PipeOptions.None);
            return connected;
        }

        public override void Stop() => _next.Dispose();

        public override void Dispose() => Stop();

        private NamedPipeServerStream Create(PipeOptions more)
        {
            var security = new PipeSecurity();
            using var user = WindowsIdentity.GetCurrent();
            foreach (SecurityIdentifier account in (SecurityIdentifier[])
            [
                user.User!, new(WellKnownSidType.LocalSystemSid, null), new(WellKnownSidType.BuiltinAdministratorsSid, null),
            ])
            {
                security.AddAccessRule(new PipeAccessRule(account, PipeAccessRights.FullControl, AccessControlType.Allow));
            }

            return NamedPipeServerStreamAcl.Create(
                _name,
                PipeDirection.InOut,
                NamedPipeServerStream.MaxAllowedServerInstances,
                PipeTransmissionMode.Byte,
                PipeOptions.Asynchronous | more,
                inBufferSize: 0,
                outBufferSize: 0,
                security);
        }
    }
}
