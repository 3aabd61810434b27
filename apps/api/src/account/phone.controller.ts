import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem.dto.js';
import { CurrentCaller, type Caller } from '../policy/caller.js';
import { MemberRoute } from '../policy/policy.decorators.js';
import { MeDto } from './me.dto.js';
import { MeService } from './me.service.js';
import { ConfirmPhoneDto, PhoneCodeSentDto } from './phone.dto.js';
import { PhoneService } from './phone.service.js';

@ApiTags('account')
@Controller('users/me/phone')
export class PhoneController {
  constructor(private readonly phones: PhoneService, private readonly me: MeService) {}

  /**
   * Sends a six-digit code to the number of the profile; it is good for 10 minutes and 5 tries. At most 5 an hour.
   * 409 NO_PHONE, OPTED_OUT or PHONE_NOTICES_OFF; 503 CODE_NOT_SENT.
   */
  @Post('verify') @MemberRoute({ staffToo: true }) @HttpCode(202)
  @ApiAcceptedResponse({ type: PhoneCodeSentDto }) @ApiProblems(400, 401, 409, 429, 503)
  sendPhoneCode(@CurrentCaller() caller: Caller): Promise<PhoneCodeSentDto> {
    return this.phones.sendCode(caller.userId);
  }

  /** Enters the code: the number is verified, and notices go to it by the chosen channel from now on. */
  @Post('confirm') @MemberRoute({ staffToo: true }) @HttpCode(200)
  @ApiOkResponse({ type: MeDto }) @ApiProblems(400, 401)
  async confirmPhone(@CurrentCaller() caller: Caller, @Body() { code }: ConfirmPhoneDto): Promise<MeDto> {
    await this.phones.confirm(caller.userId, code);
    return this.me.read(caller);
  }
}
