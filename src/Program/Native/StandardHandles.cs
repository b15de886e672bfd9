using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrthancCloudFs.Program.Native;

/// <summary>The three standard handles of a process of Windows (processenv.h, handleapi.h).</summary>
[SupportedOSPlatform("windows")]
internal static partial class StandardHandles
{
    private const uint Inherit = 1; // HANDLE_FLAG_INHERIT
    private const int Input = -10; // STD_INPUT_HANDLE; output and error follow downwards

    /// <summary>
    /// Programs that are started from now on do not inherit them. Otherwise whoever reads what this one prints would wait for the end of all of
    /// those.
    /// </summary>
    public static void KeepFromChildren()
    {
        for (int which = Input; which >= Input - 2; which--)
            _ = SetInformation(Get(which), Inherit, 0); // fails for what is no handle, which nobody inherits either
    }

    [LibraryImport("kernel32", EntryPoint = "GetStdHandle")]
    private static partial nint Get(int which);

    [LibraryImport("kernel32", EntryPoint = "SetHandleInformation")]
    private static partial int SetInformation(nint handle, uint mask, uint flags);
}
