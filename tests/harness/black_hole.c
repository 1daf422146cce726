/*
 * A resolver that never answers, for a network of its own (unshare --net): brings the loopback
 * interface up, takes 127.0.0.1:53, and says "ready". Ends with whoever started it.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static int bring_up(int fd)
{
	struct ifreq request = {0};

	strcpy(request.ifr_name, "lo");
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -1;
	request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

int main(void)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char packet[512];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || bring_up(fd) < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0) {
		perror("black_hole");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		if (recv(fd, packet, sizeof(packet), 0) < 0)
			return 1;
}
