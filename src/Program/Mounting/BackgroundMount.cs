using System.Diagnostics;
using System.Runtime.InteropServices;
using OrthancCloudFs.Program.Native;

namespace OrthancCloudFs.Program.Mounting;

/// <summary>
/// <c>mount</c> without <c>--foreground</c>: starts this program again in the background and returns when it says that the mount is ready,
/// or ends with its exit code when it is not.
/// </summary>
internal static class BackgroundMount
{
    /// <summary>The hidden option that makes the program the background half.</summary>
    public const string OptionName = "--background-half";

    private const string ReadyLine = "ready";

    /// <summary>True in the background half.</summary>
    public static bool IsBackgroundHalf { get; private set; }

    public static async Task<int> StartAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(ThisProgram.Invocation[0])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true, // Windows: out of this console, and so alive when it is closed
        };
        foreach (string argument in ThisProgram.Invocation.Skip(1).Concat(arguments).Append(OptionName))
            start.ArgumentList.Add(argument);
        if (OperatingSystem.IsWindows())
            StandardHandles.KeepFromChildren();
        using Process background = Process.Start(start)!;
        background.StandardInput.Close();

        // It has left this terminal's session, and is told by us that nobody wants the mount any more.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, PassOn);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, PassOn);
        Task<string> startupErrors = background.StandardError.ReadToEndAsync(cancellationToken);
        while (await background.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line == ReadyLine)
                return ExitCode.Success;
            await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
        }

        await Console.Error.WriteAsync(await startupErrors.ConfigureAwait(false)).ConfigureAwait(false);
        await background.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return background.ExitCode;

        void PassOn(PosixSignalContext context)
        {
            context.Cancel = true;
            if (OperatingSystem.IsWindows())
                background.Kill(); // there is no way to ask; nothing is mounted yet
            else
                Libc.Terminate(background.Id);
        }
    }

    /// <summary>
    /// Makes this process the background half: out of the terminal's session, standard error to the log file. Before anything was written
    /// to standard error.
    /// </summary>
    public static void BecomeBackgroundHalf(string logFile)
    {
        if (!OperatingSystem.IsWindows())
            Libc.LeaveSession();
        StandardError.SendTo(logFile);
        IsBackgroundHalf = true;
    }

    /// <summary>Tells the waiting half that the mount is ready.</summary>
    public static void SayReady() => SayToWaitingHalf(ReadyLine);

    /// <summary>Shows a line to the person who waits for the mount, besides the log.</summary>
    public static void SayToWaitingHalf(string line)
    {
        if (!IsBackgroundHalf)
            return;
        try
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
        catch (IOException)
        {
            // Nobody waits any more.
        }
    }
}
